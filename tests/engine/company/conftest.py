from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import database
from engine.access import Actor
from engine.engine import Engine
from engine.models import Base
from engine.models.identity import Site

NOW = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)  # Friday 10:00 in Shanghai


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += dt.timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def company(tmp_path: Path, clock: Clock):
    bind = database.connect(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(bind)
    yield Engine(bind, home=tmp_path, secret=b"secret", clock=clock)
    bind.dispose()


@pytest.fixture
def sites(company: Engine) -> dict[str, Site]:
    with company.begin(person("admin")) as command:
        home = Site(key="liyuan", name="荔园·云庭", kind="residence")
        office = Site(key="lianhe", name="联合中心", kind="office")
        command.session.add_all([home, office])
        command.session.flush()
        command.session.expunge_all()
    return {"liyuan": home, "lianhe": office}


def person(role: str, *sites: Site | int) -> Actor:
    ids = [site if isinstance(site, int) else site.id for site in sites] or [1, 2]
    return Actor(user_id=None, username=role, name=role, roles={i: frozenset({role}) for i in ids})


Person = Callable[..., Actor]
