"""Geometry of the charts the server draws."""

from __future__ import annotations

import pytest

from web.views import charts


def test_a_share_fills_the_bar_at_one_hundred_percent_and_the_target_stands_on_it() -> None:
    assert charts.bar(0.5, 0.75, share=True) == (charts.BAR / 2, charts.BAR * 0.75)
    assert charts.bar(1.5, None, share=True) == (charts.BAR, None)


def test_a_number_leaves_room_above_the_greater_of_value_and_target() -> None:
    width, tick = charts.bar(1, 2, share=False)
    assert width < (tick or 0) < charts.BAR
    assert charts.bar(0, 0, share=False) == (0, 0)
    assert charts.bar(None, None, share=False) == (0, None)


def test_a_small_line_passes_over_what_has_no_value() -> None:
    points, end = charts.spark([None, 1, None, 3])
    assert len(points.split()) == 2
    assert end is not None
    assert charts.spark([None]) == ("", None)


@pytest.mark.parametrize(
    ("values", "share", "axis"),
    [
        ([0.97, 0.99], True, (0.75, 1.0)),
        ([0.4, 0.9], True, (0, 1.0)),
        ([3, 7], False, (0, 8)),
        ([0], False, (0, 1.0)),
        ([None], False, (0, 1.0)),
        ([3.9], True, (0, 4)),
    ],
)
def test_the_axis_has_round_numbers(
    values: list[float], share: bool, axis: tuple[float, float]
) -> None:
    line = charts.line(values, [str(one) for one in values], None, share=share)
    assert line.axis[0][1] == axis[0]
    assert line.axis[-1][1] == pytest.approx(axis[1], rel=0.3)
    assert len(line.axis) <= 7


def test_a_line_breaks_where_there_is_no_value() -> None:
    line = charts.line([1, 2, None, 3, 4], list("abcde"), 2, share=False)
    assert len(line.parts) == 2
    assert len(line.marks) == 4
    assert line.target == line.marks[1].y
