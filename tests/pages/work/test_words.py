from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask

from web import words

NOW = dt.datetime(2026, 11, 20, 2, 42, tzinfo=dt.UTC)  # 10:42 in Shenzhen
DAY = dt.timedelta(hours=8)


@pytest.fixture(autouse=True)
def request_in_chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        yield


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 秒"), (59, "59 秒"), (48 * 60, "48 分"), (78 * 60, "1 时 18 分"), (7200, "2 时"),
     (34 * 3600, "1 天 10 时"), (86_400, "1 天"), (-5, "0 秒")],
)  # fmt: skip
def test_says_a_length_of_time_in_at_most_two_units(seconds: int, said: str) -> None:
    assert words.duration(dt.timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (12, "1.5 工作日"),
        (8, "1 工作日"),
        (16, "2 工作日"),
        (3.5, "3.5 工作时"),
        (0.5, "30 工作分"),
    ],
)
def test_working_time_always_says_so(hours: float, said: str) -> None:
    assert words.working(dt.timedelta(hours=hours), DAY) == said


def test_moments_have_a_date_only_where_it_is_another_day() -> None:
    assert words.stamp(NOW, NOW) == "10:42"
    assert words.stamp(NOW - dt.timedelta(days=2), NOW) == "11-18 10:42"
    assert words.stamp(NOW - dt.timedelta(days=365), NOW) == "2025-11-20 10:42"
    assert words.date(NOW, NOW) == "11月20日 周五 10:42"


def test_midnight_is_the_end_of_the_day_before() -> None:
    assert words.due(dt.datetime(2026, 11, 18, 16, tzinfo=dt.UTC), NOW) == "11-18 24:00"
    assert words.due(dt.datetime(2026, 11, 20, 16, tzinfo=dt.UTC), NOW) == "24:00"
    assert words.midnight(NOW) == dt.datetime(2026, 11, 20, 16, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "calendar", "said"),
    [("PT1H", "clock", "限 1 小时"), ("P3D", "working", "限 3 工作日"), ("PT4H", "working", "限 4 工作时"),
     ("PT15M", "clock", "限 15 分"), ("P0D", "natural", "当天"), ("P1M", "natural", "限 1 个月"),
     ("P30D", "natural", "限 30 天"), ("rubbish", "clock", ""), (2, "clock", "")],
)  # fmt: skip
def test_says_the_length_of_a_limit(value: object, calendar: str, said: str) -> None:
    assert words.limit({"value": value, "calendar": calendar}) == said


def test_instants_in_a_text_become_readable() -> None:
    assert words.readable("收楼 2026-11-20T11:06:00+08:00") == "收楼 2026-11-20 11:06"
    assert words.readable("2026-11-20T09:51") == "2026-11-20 09:51"
    assert words.readable("2026-11-20 与 T") == "2026-11-20 与 T"
