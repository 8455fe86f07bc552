from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine import audit
from engine.engine import Engine
from engine.errors import NotAllowed, NotFound, Rejected
from engine.models.identity import Site
from engine.policy import limits, settings
from engine.staff import roles
from engine.timing import workdays
from engine.timing.calendars import Calendar, parse_spans
from tests.engine.company.conftest import NOW, person

WINDOW = "move_in.omission_window"
NOTICE = "move_in.notice_issuer"
OWNER = person("process_owner")


def value(engine: Engine, site: Site, key: str = WINDOW) -> Any:
    with engine.read() as session:
        return limits.snapshot(session, site, [key])[key]["value"]


def change(engine: Engine, actor: Any, site: Site | None, new: Any, key: str = WINDOW) -> None:
    with engine.begin(actor) as command:
        limits.change(command, key, site, new)


def test_every_shipped_limit_can_be_used() -> None:
    for key, row in limits.catalogue().items():
        assert row["source"] or row["number"] is None, key
        assert row["zh"], key
        assert row["en"], key
        if row["kind"] in limits.TIMES:
            assert limits.due(row, NOW, Calendar()).tzinfo is dt.UTC, key
        if row["kind"] == "amount":
            assert isinstance(row["value"], int), key


def test_every_shipped_setting_accepts_its_own_default(engine: Engine) -> None:
    with engine.begin(OWNER) as command:
        for key, row in settings.catalogue().items():
            settings.change(command, key, None, row["default"])


def test_no_key_stands_in_the_way_of_another() -> None:
    keys = {*limits.catalogue(), *settings.catalogue()}
    assert not [(a, b) for a in keys for b in keys if b.startswith(f"{a}.")]
    assert not limits.catalogue().keys() & settings.catalogue().keys()


def test_every_role_climbs_a_ladder_that_ends() -> None:
    assert set(roles.superiors("technician")) == {
        "engineering_supervisor", "service_manager", "site_director", "company_leader",
    }  # fmt: skip
    assert len(roles.catalogue()) == 18


def test_a_snapshot_holds_what_an_instance_needs(engine: Engine, sites: dict[str, Site]) -> None:
    with engine.read() as session:
        kept = limits.snapshot(session, sites["liyuan"], [WINDOW])[WINDOW]
    assert (kept["value"], kept["calendar"], kept["kind"], kept["number"]) == (
        "PT48H", "clock", "deadline", "T-MI-05",
    )  # fmt: skip
    assert limits.due(kept, NOW, Calendar()) == NOW + dt.timedelta(hours=48)


def test_a_sites_own_value_wins_over_the_companys_over_the_shipped(
    engine: Engine, sites: dict[str, Site]
) -> None:
    home, office = sites["liyuan"], sites["lianhe"]
    change(engine, OWNER, None, "PT36H")
    change(engine, OWNER, home, "PT24H")
    assert (value(engine, home), value(engine, office)) == ("PT24H", "PT36H")
    change(engine, OWNER, home, None)
    assert value(engine, home) == "PT36H"
    change(engine, OWNER, None, None)
    assert value(engine, home) == "PT48H"


def test_a_change_is_audited_with_before_and_after(engine: Engine, sites: dict[str, Site]) -> None:
    change(engine, OWNER, sites["liyuan"], "PT24H")
    with engine.read() as session:
        entry = audit.entries(session, audit.ADMINISTRATION)[-1]
    assert (entry.action, entry.subject, entry.detail) == (
        "limit.changed", WINDOW, {"site": "liyuan", "before": "PT48H", "after": "PT24H"},
    )  # fmt: skip


def test_directors_change_what_sites_may_change_at_their_site_only(
    engine: Engine, sites: dict[str, Site]
) -> None:
    director = person("site_director", sites["liyuan"])
    editable = next(k for k, r in limits.catalogue().items() if r["editable_by_site"])
    closed = next(k for k, r in limits.catalogue().items() if not r["editable_by_site"])
    change(engine, director, sites["liyuan"], limits.catalogue()[editable]["value"], editable)
    for site, key in [(sites["lianhe"], editable), (None, editable), (sites["liyuan"], closed)]:
        with pytest.raises(NotAllowed):
            change(engine, director, site, limits.catalogue()[key]["value"], key)


@pytest.mark.parametrize("role", ["admin", "service_manager", "company_leader"])
def test_refuses_changes_by_other_roles(engine: Engine, sites: dict[str, Site], role: str) -> None:
    with pytest.raises(NotAllowed):
        change(engine, person(role), sites["liyuan"], "PT24H")


@pytest.mark.parametrize(
    ("key", "bad"),
    [(WINDOW, "48h"), (WINDOW, 48), (WINDOW, ""), (WINDOW, "P200Y"), ("calendar.office", "9 to 5"),
     ("calendar.office", "09:00-08:00"), ("calendar.office", "25:00-26:00"), ("calendar.office", "")],
)  # fmt: skip
def test_refuses_values_that_do_not_fit(
    engine: Engine, sites: dict[str, Site], key: str, bad: Any
) -> None:
    before = value(engine, sites["liyuan"], key)
    with pytest.raises(Rejected):
        change(engine, OWNER, sites["liyuan"], bad, key)
    assert value(engine, sites["liyuan"], key) == before


def test_refuses_limits_nobody_knows(engine: Engine, sites: dict[str, Site]) -> None:
    assert limits.unknown([WINDOW, "no.such", "a"]) == ["a", "no.such"]
    with pytest.raises(NotFound):
        value(engine, sites["liyuan"], "no.such")
    with pytest.raises(NotFound):
        change(engine, OWNER, None, "P1D", "no.such")


def test_settings_come_nested_and_reach_into_values_and_limits(
    engine: Engine, sites: dict[str, Site]
) -> None:
    with engine.read() as session:
        tenant = limits.settings(
            session, sites["liyuan"], ["move_in.notice_issuer", "move_in.pack.items.label", WINDOW]
        )
        below = limits.settings(session, sites["liyuan"], ["renovation.fee"])
    assert tenant["move_in"]["notice_issuer"] == "service_center"
    assert tenant["move_in"]["pack"]["items"][0]["value"] == "resident_handbook"
    assert tenant["move_in"]["omission_window"] == "PT48H"
    assert set(below["renovation"]["fee"]) >= {"owner_deposit", "rubble_rate"}


def test_refuses_settings_nobody_knows(engine: Engine, sites: dict[str, Site]) -> None:
    with engine.read() as session, pytest.raises(NotFound):
        limits.settings(session, sites["liyuan"], ["move_in.no_such"])


def test_a_sites_setting_reaches_its_instances_only(engine: Engine, sites: dict[str, Site]) -> None:
    with engine.begin(OWNER) as command:
        settings.change(command, NOTICE, sites["lianhe"], "developer")
    with engine.read() as session:
        assert settings.values(session, sites["lianhe"], [NOTICE]) == {NOTICE: "developer"}
        assert settings.values(session, sites["liyuan"], [NOTICE]) == {NOTICE: "service_center"}


@pytest.mark.parametrize(
    ("key", "bad"),
    [(NOTICE, "king"), (NOTICE, 3), ("move_in.key_before_inspection", "yes"),
     ("move_in.prepaid_months", True), ("move_in.prepaid_months", "3"), ("move_in.optional_documents", ["x"]),
     ("move_in.optional_documents", "notary_deed"), ("move_in.pack.items", [{"value": "x" * 20_000}])],
)  # fmt: skip
def test_refuses_settings_of_another_type_or_outside_the_options(
    engine: Engine, key: str, bad: Any
) -> None:
    with engine.begin(OWNER) as command, pytest.raises(Rejected):
        settings.change(command, key, None, bad)


def test_a_sites_hours_and_days_make_its_calendar(engine: Engine, sites: dict[str, Site]) -> None:
    home = sites["liyuan"]
    saturday = dt.date(2026, 11, 21)
    with engine.begin(person("admin")) as command:
        workdays.change(command, None, saturday, working=True, name="调休上班")
        workdays.change(command, home, dt.date(2026, 11, 23), working=False, name="停电")
    change(engine, OWNER, home, "09:00-12:00, 14:00-18:00", "calendar.office")
    with engine.read() as session:
        here, there = limits.calendar(session, home), limits.calendar(session, sites["lianhe"])
    assert here.day(saturday).working
    assert there.day(saturday).working
    assert not here.day(dt.date(2026, 11, 23)).working
    assert there.day(dt.date(2026, 11, 23)).working
    assert here.hours == parse_spans("09:00-12:00, 14:00-18:00")
    assert set(here.shifts) == {"early", "late"}
    with engine.begin(person("admin")) as command:
        workdays.change(command, None, saturday, working=None)
    with engine.read() as session:
        assert not limits.calendar(session, home).day(saturday).working


def test_only_administrators_change_working_days(engine: Engine, sites: dict[str, Site]) -> None:
    with engine.begin(OWNER) as command, pytest.raises(NotAllowed):
        workdays.change(command, None, dt.date(2026, 11, 21), working=True)
