"""The demo company 安和物业 with two sites, its staff, customers and work under way. All of it is invented."""

from __future__ import annotations

from sqlalchemy import select

from engine import identity, settings
from engine.access import SYSTEM
from engine.demo import people, places, residents
from engine.engine import Engine
from engine.models.identity import Site

OFFICE_FEE = 1800  # fen per square metre and month


def load(engine: Engine) -> bool:
    """Create the demo company in one transaction; False, and nothing changed, when there are sites already.

    Every account has the password `people.PASSWORD`; the clock's present date is the company's today.
    """
    with engine.begin(SYSTEM) as command:
        if command.session.scalar(select(Site.id).limit(1)) is not None:
            return False
        home = identity.create_site(
            command,
            key="liyuan",
            name="荔园·云庭",
            name_en="Liyuan Yunting",
            kind="residence",
            manager="安和物业荔园·云庭管理处",
        )
        office = identity.create_site(
            command,
            key="lianhe",
            name="联合中心",
            name_en="Lianhe Centre",
            kind="office",
            manager="安和物业联合中心管理处",
        )
        people.hire(command, home, office)
        residents.settle_home(command, home, places.build_home(command, home))
        residents.settle_office(command, office, places.build_office(command, office))
        settings.change(command, "fee.management_rate", office, OFFICE_FEE)
        command.audit("demo.loaded")
    return True
