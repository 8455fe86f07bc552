from __future__ import annotations

import datetime as dt

import pytest

from engine.engine import Engine
from engine.models.identity import Site
from engine.staff.access import Actor

NOW = dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC)  # where the tests' clock stands


@pytest.fixture
def sites(engine: Engine) -> dict[str, Site]:
    with engine.begin(person("admin")) as command:
        home = Site(key="liyuan", name="荔园·云庭", kind="residence")
        office = Site(key="lianhe", name="联合中心", kind="office")
        command.session.add_all([home, office])
        command.session.flush()
        command.session.expunge_all()
    return {"liyuan": home, "lianhe": office}


def person(role: str, *sites: Site | int) -> Actor:
    """A person without an account who holds one role, at both sites unless told otherwise."""
    ids = [site if isinstance(site, int) else site.id for site in sites] or [1, 2]
    return Actor(user_id=None, username=role, name=role, roles={i: frozenset({role}) for i in ids})
