"""Timers by the calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.runtime import Duration, Timer, instant

from .bpmn import (
    boundary,
    catch,
    diagram,
    end,
    flow,
    gateway,
    message,
    on_message,
    path,
    start,
    timer,
    user,
)
from .world import MONDAY, world

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "due"),
    [
        ("P1M", "2026-01-31T12:00", "2026-02-28T12:00"),
        ("P1M", "2028-01-31T12:00", "2028-02-29T12:00"),
        ("P1Y", "2028-02-29T00:00", "2029-02-28T00:00"),
        ("P2W", "2026-03-02T09:00", "2026-03-16T09:00"),
        ("P1DT2H3M4S", "2026-03-02T09:00", "2026-03-03T11:03:04"),
        ("PT0.5S", "2026-03-02T09:00", "2026-03-02T09:00:00.500000"),
        ("-P1D", "2026-03-02T09:00", "2026-03-01T09:00"),
    ],
)
def test_durations_follow_the_calendar(text, since, due):
    assert Duration.parse(text).after(at(since)) == at(due)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "P1H", "P101Y", "P40000D", "PT9999999999999S", "PT1H ago", "P1M2"]
)
def test_refuses_what_is_no_duration_of_at_most_a_hundred_years(text):
    with pytest.raises(ValueError, match=r"is not a duration|hundred years"):
        Duration.parse(text)


def test_a_monthly_cycle_comes_back_to_the_last_day():
    cycle = Timer.start("timeCycle", "R/P1M", at("2026-01-31T12:00"))
    dues = []
    for _ in range(4):
        dues.append(cycle.due.date().isoformat())
        cycle = cycle.following(cycle.due)
    assert dues == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_a_cycle_ends_after_its_repetitions():
    cycle = Timer.start("timeCycle", "R2/PT1H", MONDAY)
    second = cycle.following(cycle.due)
    assert second.due == MONDAY + timedelta(hours=2)
    assert second.following(second.due) is None


def test_a_cycle_begins_where_it_says():
    cycle = Timer.start("timeCycle", "R3/2026-04-01T08:00:00+08:00/P1D", MONDAY)
    assert cycle.due == at("2026-04-01T00:00")
    assert cycle.following(cycle.due).due == at("2026-04-02T00:00")


def test_a_timer_survives_being_stored():
    for cycle in (
        Timer.start("timeCycle", "R2/PT1H", MONDAY),
        Timer.start("timeDuration", "P1D", MONDAY),
    ):
        assert Timer.from_json(cycle.as_json()) == cycle


@pytest.mark.parametrize(
    "text", ["R3/PT0S", "R0/PT1H", "R/-PT1H", "PT1H", "R/", "R3/PT1H/PT1H/PT1H", "0 9 * * *"]
)
def test_refuses_cycles_without_length_or_repetition(text):
    with pytest.raises(ValueError):
        Timer.start("timeCycle", text, MONDAY)


def test_a_time_without_a_zone_is_read_in_the_sites_zone():
    assert instant("2026-05-01T09:00:00", SHANGHAI) == at("2026-05-01T01:00")
    assert instant("2026-05-01", SHANGHAI) == at("2026-04-30T16:00")
    assert instant("2026-05-01T09:00:00+08:00[Asia/Shanghai]", UTC) == at("2026-05-01T01:00")
    assert instant("2026-05-01T09:00:00@Asia/Shanghai", SHANGHAI) == at("2026-05-01T01:00")


@pytest.mark.parametrize(
    "value", ["9999-12-31T23:00:00-12:00", "0001-01-01T00:00:00+14:00", "soon", "", 5, None]
)
def test_refuses_what_is_no_date_and_time(value):
    with pytest.raises(ValueError, match=r"is not a date and time|beyond the calendar"):
        instant(value, UTC)


def reminded(expression, kind="timeCycle"):
    parts = [user("u"), boundary("b", "u", timer(kind, expression), interrupting=False), user("r")]
    return diagram(start(), end(), *parts, path("s", "u", "e"), path("b", "r", "e"))


def test_what_a_cycle_missed_happens_once_and_it_goes_on_from_now():
    w = world(reminded("R/PT1H")).start()
    w.pass_time(hours=10, minutes=30)
    assert w.waiting == ["r", "u"]
    assert w.run.next_due == MONDAY + timedelta(hours=11, minutes=30)
    w.pass_time(hours=1)
    assert w.waiting == ["r", "r", "u"]


def test_a_cycle_on_time_keeps_its_grid():
    w = world(reminded("R3/PT1H")).start()
    for passed in (1, 2):
        w.pass_time(minutes=60)
        assert w.run.next_due == MONDAY + timedelta(hours=passed + 1)
    w.pass_time(minutes=60)
    assert w.run.next_due is None
    assert w.waiting == ["r", "r", "r", "u"]


def test_a_reminder_before_and_an_end_after_the_deadline():
    parts = [
        user("u"),
        boundary("before", "u", timer("timeDuration", "P1D"), interrupting=False),
        user("r"),
    ]
    parts += [boundary("after", "u", timer("timeDuration", "P3D")), user("report")]
    parts += [path("s", "u", "e"), path("before", "r", "e"), path("after", "report", "e")]
    w = world(diagram(start(), end(), *parts)).start()
    assert w.pass_time(days=1).waiting == ["r", "u"]
    assert w.pass_time(days=2).waiting == ["r", "report"]
    assert w.run.next_due is None


def test_timers_fire_in_the_order_they_were_due_however_late():
    parts = [
        user("u"),
        boundary("before", "u", timer("timeDuration", "P1D"), interrupting=False),
        user("r"),
    ]
    parts += [boundary("after", "u", timer("timeDuration", "P3D")), user("report")]
    parts += [path("s", "u", "e"), path("before", "r", "e"), path("after", "report", "e")]
    w = world(diagram(start(), end(), *parts)).start()
    assert w.pass_time(days=30).waiting == ["r", "report"]


def test_completing_in_time_ends_the_timer():
    w = world(reminded("PT1H", "timeDuration")).start().complete("u")
    assert w.done
    assert w.run.next_due is None
    assert w.pass_time(hours=2).waiting == []


def test_the_first_of_message_and_timer_wins():
    parts = [
        gateway("eventBased", "g"),
        catch("m", on_message()),
        catch("t", timer("timeDuration", "P1D")),
    ]
    parts += [
        user("came"),
        user("late"),
        path("s", "g", "m", "came", "e"),
        flow("g", "t"),
        path("t", "late", "e"),
    ]
    source = diagram(start(), end(), *parts, root=message())
    w = world(source).start(k=1).correlate("m", v=1)
    assert w.waiting == ["came"]
    assert w.variables == {"k": 1, "v": 1}
    assert w.run.next_due is None
    w = world(source).start(k=1).pass_time(days=1)
    assert w.waiting == ["late"]
    assert len(w.of("SubscriptionClosed")) == 1
    assert [e.flow_id for e in w.of("ElementActivated") if e.element_id == "t"] == ["g_t"]


def test_a_timer_without_sense_is_an_incident_until_its_variable_is_mended():
    w = world(
        diagram(start(), end(), catch("c", timer("timeDate", "=when")), path("s", "c", "e"))
    ).start(when="soon")
    assert w.incidents[0][0] == "c"
    w.do("set_variables", None, {"when": "2026-03-02T10:00:00Z"}).do("retry", w.key("c"))
    assert w.incidents == []
    assert w.pass_time(hours=1).done


SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0 9-17 * * MON-FRI", "2026-11-23T01:00:00"),
        ("0 30 8 * * ?", "2026-11-22T00:30:00"),
        ("0 0 0 L * *", "2026-11-29T16:00:00"),
        ("0 0 10 ? * FRI#1", "2026-12-04T02:00:00"),
        ("*/15 * * * * *", "2026-11-21T16:00:15"),
        ("@monthly", "2026-11-30T16:00:00"),
        (" @daily ", "2026-11-22T16:00:00"),
    ],
)
def test_cron_is_read_in_the_sites_zone(text, due):
    sunday = datetime(2026, 11, 22, tzinfo=SHANGHAI)
    timer = Timer.start("timeCycle", text, sunday, SHANGHAI)
    assert timer.due == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_cron_goes_on_for_ever_and_skips_what_was_missed():
    timer = Timer.start("timeCycle", "0 0 9 * * *", datetime(2026, 3, 1, tzinfo=UTC), SHANGHAI)
    timer = Timer.from_json(timer.as_json())
    on_time = timer.following(timer.due, SHANGHAI)
    assert on_time.due == timer.due + timedelta(days=1)
    late = on_time.following(on_time.due + timedelta(days=30, hours=1), SHANGHAI)
    assert late.due == on_time.due + timedelta(days=31)


def test_cron_happens_once_when_the_clocks_go_back_and_when_they_go_forward():
    berlin = ZoneInfo("Europe/Berlin")
    for night in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        timer = Timer.start("timeCycle", "0 30 2 * * *", night, berlin)
        following = timer.following(timer.due, berlin)
        assert timedelta(hours=22) < following.due - timer.due < timedelta(hours=26)


@pytest.mark.parametrize(
    "text",
    [
        "0 0 9 * *",
        "0 0 9 1 * MON",
        "0 0 25 * * *",
        "0 0 0 30 2 *",
        "0 0 9 1W * *",
        "@reboot",
        "* * * * * * *",
    ],
)
def test_refuses_what_is_no_cron_expression_of_six_fields(text):
    with pytest.raises(ValueError):
        Timer.start("timeCycle", text, MONDAY)
