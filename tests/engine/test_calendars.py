from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing.calendars import Calendar, parse_spans
from engine.timing.durations import add_months, parse
from engine.timing.holidays import KNOWN_UNTIL

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar()


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


def local(moment: dt.datetime) -> str:
    assert moment.tzinfo is dt.UTC
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "months", "days", "seconds"),
    [("P1M", 1, 0, 0), ("P1Y2M", 14, 0, 0), ("P2W", 0, 14, 0), ("PT15M", 0, 0, 900),
     ("P1DT2H30M", 0, 1, 9000), ("PT0S", 0, 0, 0), ("PT1.5S", 0, 0, 1.5)],
)  # fmt: skip
def test_reads_iso_durations(text: str, months: int, days: int, seconds: float) -> None:
    duration = parse(text)
    assert (duration.months, duration.days, duration.seconds) == (months, days, seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1",
        "1D",
        "P1.5M",
        "P200Y",
        "P1DT",
        "PT1D",
        "P-1D",
        "p1d",
        "P１D",
        "P9999999999D",
    ],
)
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|whole|century"):
        parse(text)


def test_months_end_on_the_last_day_when_the_month_is_shorter() -> None:
    assert add_months(dt.date(2026, 1, 31), 1) == dt.date(2026, 2, 28)
    assert add_months(dt.date(2024, 3, 31), -1) == dt.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("start", "value", "kind", "expected"),
    [
        ("2026-11-20 16:30", "PT2H", "clock", "2026-11-20 18:30"),
        ("2026-11-20 16:30", "PT48H", "clock", "2026-11-22 16:30"),
        ("2026-01-31 10:00", "P1M", "clock", "2026-02-28 10:00"),
        ("2026-11-20 16:30", "PT2H", "working", "2026-11-23 09:30"),
        ("2026-11-20 11:30", "PT1H", "working", "2026-11-20 13:30"),
        ("2026-11-20 12:30", "PT30M", "working", "2026-11-20 13:30"),
        ("2026-11-20 16:30", "P1D", "working", "2026-11-23 17:30"),
        ("2026-11-21 10:00", "P1D", "working", "2026-11-23 17:30"),
        ("2026-11-20 16:30", "P4D", "working", "2026-11-26 17:30"),
        ("2026-11-20 08:30", "P0.5D", "working", "2026-11-20 13:30"),
        ("2026-11-20 10:00", "P0D", "working", "2026-11-20 17:30"),
        ("2026-11-20 18:00", "P0D", "working", "2026-11-23 17:30"),
        ("2026-09-30 10:00", "P1D", "working", "2026-10-08 17:30"),
        ("2026-10-09 10:00", "P1D", "working", "2026-10-10 17:30"),
        ("2026-11-20 10:00", "P3D", "natural", "2026-11-24 00:00"),
        ("2026-11-20 10:00", "P0D", "natural", "2026-11-21 00:00"),
        ("2026-01-31 10:00", "P1M", "natural", "2026-03-01 00:00"),
        ("2026-11-20 10:00", "-P3D", "natural", "2026-11-17 00:00"),
        ("2026-11-20 10:00", "-PT30M", "clock", "2026-11-20 09:30"),
        ("2026-11-23 10:00", "-P1D", "working", "2026-11-20 08:30"),
        ("2026-11-23 09:00", "-PT1H", "working", "2026-11-20 17:00"),
    ],
)
def test_counts_as_the_regulations_do(start: str, value: str, kind: str, expected: str) -> None:
    assert local(OFFICE.add(at(start), value, kind)) == expected


def test_a_deadline_before_an_event_ends_with_its_day_and_a_reminder_begins_it() -> None:
    event = at("2026-11-20 10:00")
    lead = {"value": "-P3D", "calendar": "natural", "kind": "deadline"}
    assert local(OFFICE.due(lead, event)) == "2026-11-18 00:00"
    assert local(OFFICE.due(lead | {"kind": "interval"}, event)) == "2026-11-17 00:00"
    working = {"value": "-P1D", "calendar": "working", "kind": "deadline"}
    assert local(OFFICE.due(working, event)) == "2026-11-19 17:30"


def test_beyond_the_years_the_law_has_decreed_only_weekdays_and_own_rows_count() -> None:
    first = dt.date(KNOWN_UNTIL.year + 1, 10, 1)
    assert OFFICE.day(first).source == "weekday"
    closed = Calendar(days={first: (False, "国庆节")})
    assert (closed.day(first).working, closed.day(first).name) == (False, "国庆节")


def test_a_row_of_the_site_wins_over_the_public_holiday() -> None:
    open_on_national_day = Calendar(days={dt.date(2026, 10, 1): (True, "")})
    assert open_on_national_day.day(dt.date(2026, 10, 1)).working
    assert not OFFICE.day(dt.date(2026, 10, 1)).working


def test_half_used_limits_say_half() -> None:
    since, due = at("2026-11-20 08:30"), at("2026-11-20 17:30")
    assert OFFICE.share(since, due, at("2026-11-20 13:30"), "working") == 0.5
    assert OFFICE.share(since, due, at("2026-11-20 12:30"), "working") == 3.5 / 8
    assert local(OFFICE.at_share(since, due, 0.5, "working")) == "2026-11-20 13:30"
    assert local(OFFICE.at_share(since, due, 2, "working")) == "2026-11-23 17:30"


def test_a_pause_moves_the_due_moment_by_what_it_took() -> None:
    due = at("2026-11-20 17:00")
    pause = at("2026-11-20 10:00"), at("2026-11-20 11:00")
    assert local(OFFICE.resume(due, *pause, "working")) == "2026-11-23 09:00"
    assert local(OFFICE.resume(due, *pause, "clock")) == "2026-11-20 18:00"


def test_names_the_shift_of_a_moment() -> None:
    assert OFFICE.shift_at(at("2026-11-22 07:30")) == "early"
    assert OFFICE.shift_at(at("2026-11-22 15:00")) == "late"
    assert OFFICE.shift_at(at("2026-11-22 22:00")) is None


@pytest.mark.parametrize(
    "calendar", [Calendar(weekdays=frozenset(), known_until=dt.date.min), Calendar(hours=())]
)
def test_refuses_to_count_working_time_where_nobody_works(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="no working days"):
        calendar.add(at("2026-11-20 10:00"), "P1D", "working")


def test_refuses_naive_moments() -> None:
    with pytest.raises(ValueError, match="naive"):
        OFFICE.add(dt.datetime(2026, 11, 20), "P1D", "clock")  # noqa: DTZ001


MOMENTS = st.datetimes(
    dt.datetime(2020, 1, 1),  # noqa: DTZ001
    dt.datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)
HOURS = st.integers(0, 200).map(lambda n: f"PT{n * 17}M")
DAYS = st.integers(0, 30).map(lambda n: f"P{n}D")
KINDS = st.sampled_from(["working", "clock", "natural"])
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"])


@given(MOMENTS, HOURS | DAYS, KINDS, ZONES)
def test_a_limit_never_falls_due_before_it_begins(
    start: dt.datetime, value: str, kind: str, zone: str
) -> None:
    assert Calendar(timezone=zone).add(start, value, kind) >= start


@given(MOMENTS, MOMENTS, HOURS | DAYS, KINDS)
def test_what_begins_later_is_never_due_earlier(
    one: dt.datetime, other: dt.datetime, value: str, kind: str
) -> None:
    first, second = sorted([one, other])
    assert OFFICE.add(first, value, kind) <= OFFICE.add(second, value, kind)


@given(MOMENTS, st.integers(1, 200), st.integers(0, 200), ZONES)
def test_working_time_added_is_the_working_time_elapsed(
    start: dt.datetime, minutes: int, more: int, zone: str
) -> None:
    calendar = Calendar(timezone=zone)
    end = calendar.add(start, f"PT{minutes * 7}M", "working")
    assert calendar.elapsed(start, end, "working") == dt.timedelta(minutes=minutes * 7)
    later = calendar.add(start, f"PT{(minutes + more) * 7}M", "working")
    assert calendar.elapsed(end, later, "working") == dt.timedelta(minutes=more * 7)


@given(MOMENTS, MOMENTS, MOMENTS, KINDS)
def test_elapsed_times_add_up(a: dt.datetime, b: dt.datetime, c: dt.datetime, kind: str) -> None:
    whole = OFFICE.elapsed(a, c, kind)
    assert OFFICE.elapsed(a, b, kind) + OFFICE.elapsed(b, c, kind) == whole


@given(MOMENTS, st.integers(1, 20), st.floats(0, 3), st.sampled_from(["working", "clock"]))
def test_the_moment_of_a_share_has_that_share(
    since: dt.datetime, days: int, share: float, kind: str
) -> None:
    due = OFFICE.add(since, f"P{days}D", kind)
    moment = OFFICE.at_share(since, due, share, kind)
    assert OFFICE.share(since, due, moment, kind) == pytest.approx(share, abs=1e-6)


@given(MOMENTS, st.integers(1, 100))
def test_working_time_counted_back_and_on_returns(start: dt.datetime, minutes: int) -> None:
    back = OFFICE.add(start, f"-PT{minutes * 11}M", "working")
    assert OFFICE.elapsed(back, start, "working") == dt.timedelta(minutes=minutes * 11)


def test_several_pauses_of_a_limit_in_whole_days_add_up_before_they_are_rounded() -> None:
    due = at("2026-11-24 00:00")
    noon, later = at("2026-11-20 12:00"), at("2026-11-20 15:00")
    once = OFFICE.resume(due, noon, later, "natural")
    twice = OFFICE.resume(once, noon, later, "natural", dt.timedelta(hours=3))
    assert local(once) == local(twice) == "2026-11-25 00:00"


@given(MOMENTS, st.integers(1, 20), st.floats(0, 3), KINDS, st.integers(0, 5000))
def test_what_a_pause_took_counts_for_no_share(
    since: dt.datetime, days: int, share: float, kind: str, minutes: int
) -> None:
    due = OFFICE.add(since, f"P{days}D", kind)
    paused = dt.timedelta(minutes=minutes)
    moved = OFFICE.later(due, OFFICE.moved(paused, kind), kind)
    moment = OFFICE.at_share(since, moved, share, kind, paused)
    if OFFICE.elapsed(since, due, kind):
        assert OFFICE.share(since, moved, moment, kind, paused) == pytest.approx(share, abs=1e-6)


SHIFTED = Calendar(shifts={"early": parse_spans("07:00-15:00"), "late": parse_spans("15:00-20:00")})


@pytest.mark.parametrize(
    ("start", "value", "expected"),
    [
        ("2026-11-21 09:00", "PT0S", "2026-11-21 15:00"),  # a Saturday
        ("2026-11-21 15:00", "PT0S", "2026-11-21 20:00"),
        ("2026-11-21 22:00", "P0D", "2026-11-22 15:00"),
        ("2026-11-21 19:00", "PT2H", "2026-11-22 08:00"),
        ("2026-11-21 19:00", "P1D", "2026-11-22 20:00"),
    ],
)
def test_counts_shifts_on_every_day(start: str, value: str, expected: str) -> None:
    limit = {"value": value, "calendar": "shift", "kind": "deadline"}
    assert local(SHIFTED.due(limit, at(start))) == expected


@pytest.mark.parametrize(
    ("asked", "kind", "expected"),
    [
        ("2026-11-20 23:00", "clock", "2026-11-20 23:00"),
        ("2026-11-20 23:00", "natural", "2026-11-21 07:00"),
        ("2026-11-21 12:30", "natural", "2026-11-21 12:30"),
        ("2026-11-20 17:30", "working", "2026-11-20 17:30"),
        ("2026-11-20 17:31", "working", "2026-11-23 08:30"),
        ("2026-11-21 21:00", "shift", "2026-11-22 07:00"),
    ],
)
def test_tells_nobody_at_night_unless_the_clock_counts(
    asked: str, kind: str, expected: str
) -> None:
    assert local(SHIFTED.tellable(at(asked).astimezone(dt.UTC), kind)) == expected
