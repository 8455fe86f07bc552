from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import counter, numbers
from engine.engine import Engine
from engine.errors import Conflict, NotAllowed, NotFound, Rejected
from engine.models.identity import Site
from tests.conftest import Clock
from tests.engine.company.conftest import person

TODAY = dt.date(2026, 11, 20)
CLERK = person("front_desk", 1)


@pytest.fixture
def home(sites: dict[str, Site]) -> Site:
    return sites["liyuan"]


def take(engine: Engine, home: Site, *services: str) -> list[int]:
    with engine.begin(CLERK) as command:
        return [counter.take(command, home, service).id for service in services]


def call(engine: Engine, home: Site, window: str, *services: str) -> str | None:
    with engine.begin(CLERK) as command:
        ticket = counter.call_next(command, home, window, services or tuple(counter.SERVICES))
        return ticket.label if ticket else None


def test_numbers_run_per_service_site_and_day(
    engine: Engine, sites: dict[str, Site], clock: Clock
) -> None:
    with engine.begin(person("front_desk")) as command:
        labels = [
            counter.take(command, sites[site], service).label
            for site, service in [
                ("liyuan", "move_in"), ("liyuan", "move_in"), ("liyuan", "payment"), ("lianhe", "move_in"),
            ]
        ]  # fmt: skip
    assert labels == ["A001", "A002", "B001", "A001"]
    clock.forward(hours=15)  # midnight has passed in Shanghai, not in UTC
    with engine.begin(CLERK) as command:
        assert counter.take(command, sites["liyuan"], "move_in").label == "A001"


def test_who_waited_longest_is_called_first(engine: Engine, home: Site) -> None:
    take(engine, home, "move_in", "payment", "move_in")
    assert call(engine, home, "2号", "payment") == "B001"
    assert call(engine, home, "1号") == "A001"
    assert call(engine, home, "3号") == "A002"
    assert call(engine, home, "4号") is None


def test_the_board_shows_who_is_served_where(engine: Engine, home: Site) -> None:
    first, *_ = take(engine, home, "move_in", "move_in", "payment")
    call(engine, home, "1号")
    with engine.begin(CLERK) as command:
        counter.serve(command, first, instance_key=42)
    with engine.read() as session:
        shown = counter.board(session, home, TODAY)
        assert [(t.window, t.label, t.state, t.instance_key) for t in shown.at_windows] == [
            ("1号", "A001", "serving", 42)
        ]
        assert [t.label for t in shown.waiting] == ["A002", "B001"]
        assert shown.waiting_by_service == {"move_in": 1, "payment": 1, "repair": 0, "other": 0}
        assert [t.label for t in shown.last_called] == ["A001"]


def test_calling_the_next_ends_the_one_before(engine: Engine, home: Site) -> None:
    first, second, _ = take(engine, home, "move_in", "move_in", "move_in")
    call(engine, home, "1号")
    with engine.begin(CLERK) as command:
        counter.serve(command, first)
    call(engine, home, "1号")
    call(engine, home, "1号")
    with engine.read() as session:
        assert counter.get(session, CLERK, first).state == "done"
        assert counter.get(session, CLERK, second).state == "skipped"


def test_who_was_skipped_can_be_called_again(engine: Engine, home: Site) -> None:
    (only,) = take(engine, home, "repair")
    call(engine, home, "1号")
    with engine.begin(CLERK) as command:
        counter.skip(command, only)
        assert counter.recall(command, only).calls == 2
        assert counter.serve(command, only).ended_at is None
        counter.finish(command, only)
        with pytest.raises(Conflict):
            counter.recall(command, only)


def test_two_windows_never_call_the_same_number(engine: Engine, home: Site) -> None:
    take(engine, home, *["move_in"] * 12)
    with ThreadPoolExecutor(4) as pool:
        windows = [f"{n % 4}号" for n in range(12)]
        called = list(pool.map(lambda window: call(engine, home, window), windows))
    assert sorted(called) == [f"A{n:03}" for n in range(1, 13)]


def test_tells_how_many_are_ahead(engine: Engine, home: Site) -> None:
    *_, last = take(engine, home, "move_in", "payment", "move_in", "move_in")
    with engine.read() as session:
        assert counter.position(session, counter.get(session, CLERK, last)) == 2


def test_refuses_people_who_do_not_work_at_the_counter(engine: Engine, home: Site) -> None:
    (only,) = take(engine, home, "move_in")
    with engine.begin(person("technician", home)) as command:
        for act in (
            lambda: counter.take(command, home, "move_in"),
            lambda: counter.call_next(command, home, "1号"),
            lambda: counter.skip(command, only),
        ):
            with pytest.raises(NotAllowed):
                act()
    with engine.begin(person("front_desk", 2)) as command:
        with pytest.raises(NotAllowed):
            counter.take(command, home, "move_in")
        with pytest.raises(NotFound):
            counter.finish(command, only)


def test_refuses_unknown_services_and_nameless_windows(engine: Engine, home: Site) -> None:
    with engine.begin(CLERK) as command:
        with pytest.raises(Rejected):
            counter.take(command, home, "lottery")
        for window in ("", "  ", "x" * 17):
            with pytest.raises(Rejected):
                counter.call_next(command, home, window)


def test_human_numbers_have_no_gaps_even_when_a_command_fails(engine: Engine, home: Site) -> None:
    def number(*, fail: bool) -> str:
        with engine.begin(CLERK) as command:
            given = numbers.next_number(command, "RH", home)
            if fail:
                raise RuntimeError
        return given

    assert number(fail=False) == "RH-20261120-001"
    with pytest.raises(RuntimeError):
        number(fail=True)
    assert number(fail=False) == "RH-20261120-002"


def test_human_numbers_are_unique_under_concurrency(engine: Engine, home: Site) -> None:
    def number(_: int) -> str:
        with engine.begin(CLERK) as command:
            return numbers.next_number(command, "RH", home)

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(number, range(20)))
    assert sorted(given) == [f"RH-20261120-{n:03}" for n in range(1, 21)]
