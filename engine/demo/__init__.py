"""The demo company 安和物业 with two sites, its staff, customers and work under way. All of it is invented."""

from __future__ import annotations

from sqlalchemy import select

from engine.demo import journeys, people, places, residents
from engine.engine import Engine
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.policy import settings
from engine.staff import identity
from engine.staff.access import SYSTEM

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


def begin_work(engine: Engine) -> int:
    """Bring work of every family under way, move-ins above all, at many different steps, some of them overdue; give how many there are.

    Plays the shipped scenarios through the same commands people use, on the working days before now; the shipped bundles must
    be deployed. Does nothing and gives 0 when there are process instances already.
    """
    with engine.read() as session:
        if session.scalar(select(ProcessInstance.key).limit(1)) is not None:
            return 0
    return journeys.play(engine)
