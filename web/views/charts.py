"""Charts drawn by the server: a value beside its target, a small line, and a line over periods with its axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BAR = 160
SPARK_WIDTH, SPARK_HEIGHT, EDGE = 120, 28, 4
WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 16, 28
ROOM = 1.1  # what is above the highest value
STEPS = (1, 2, 2.5, 5, 10)
LINES = 5
WHOLE = 1.0  # shares are drawn against 100 % unless they are tiny
TINY, SMALL, QUARTER = 0.1, 0.5, 0.25
HIGH, TWENTIETH = 0.75, 0.05  # from three quarters up an axis need not begin at nought


@dataclass(frozen=True)
class Mark:
    """A point of a chart; `value` is what it stands for, `label` its period."""

    x: float
    y: float
    value: float
    label: str


@dataclass(frozen=True)
class Line:
    """A line over periods: its parts (broken where there is no value), its points, the height of the target, the axis."""

    parts: Sequence[str]
    marks: Sequence[Mark]
    target: float | None
    axis: Sequence[tuple[float, float]]
    labels: Sequence[tuple[float, str]]


def bar(value: float | None, wanted: float | None, *, share: bool) -> tuple[float, float | None]:
    """Give the width of a bar and where the target stands on it; shares fill it at 100 %."""
    most = max(value or 0, wanted or 0)
    top = WHOLE if share and most > TINY else most * ROOM
    if not top:
        return 0, 0 if wanted is not None else None
    width = min((value or 0) / top, 1) * BAR
    return round(width, 1), None if wanted is None else round(min(wanted / top, 1) * BAR, 1)


def spark(values: Sequence[float | None]) -> tuple[str, tuple[float, float] | None]:
    """Give the points of a small line and where it ends; what has no value is passed over."""
    known = [value for value in values if value is not None]
    if not known:
        return "", None
    low, high = min(known), max(known)
    step = (SPARK_WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    points = [
        (round(EDGE + place * step, 1), _height(value, low, high))
        for place, value in enumerate(values)
        if value is not None
    ]
    return " ".join(f"{x},{y}" for x, y in points), points[-1]


def _height(value: float, low: float, high: float) -> float:
    if high == low:
        return SPARK_HEIGHT / 2
    return round(EDGE + (high - value) / (high - low) * (SPARK_HEIGHT - 2 * EDGE), 1)


def line(
    values: Sequence[float | None], labels: Sequence[str], wanted: float | None, *, share: bool
) -> Line:
    """Give a line over periods, with the target as a height and round numbers on the axis."""
    known = [value for value in (*values, wanted) if value is not None]
    low, top, step = _scale(known or [0], share=share)
    across = (WIDTH - LEFT - RIGHT) / max(len(values) - 1, 1)
    marks = [
        Mark(round(LEFT + place * across, 1), _level(value, low, top), value, labels[place])
        for place, value in enumerate(values)
        if value is not None
    ]
    places = [(round(LEFT + place * across, 1), label) for place, label in enumerate(labels)]
    lines = [low + number * step for number in range(round((top - low) / step) + 1)]
    axis = [(_level(value, low, top), value) for value in lines]
    target = None if wanted is None else _level(wanted, low, top)
    return Line(_parts(marks, places), marks, target, axis, places)


def _scale(known: Sequence[float], *, share: bool) -> tuple[float, float, float]:
    """Give where the axis begins and ends, and the distance of its lines."""
    most = max(*known, 0.0)
    if share and min(known) >= HIGH and most <= WHOLE:
        return HIGH, WHOLE, TWENTIETH
    if share and SMALL < most <= WHOLE:
        return 0, WHOLE, QUARTER
    step = _step(most or 1)
    return 0, step * (int(most / step) + 1), step


def _level(value: float, low: float, top: float) -> float:
    share = min(max((value - low) / (top - low), 0), 1)
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)


def _step(most: float) -> float:
    """Give a round distance of axis lines, at most five of them."""
    size = 1.0
    while size * 10 <= most:
        size *= 10
    while size > most:
        size /= 10
    return next(one * size for one in STEPS if most / (one * size) < LINES)


def _parts(marks: Sequence[Mark], places: Sequence[tuple[float, str]]) -> list[str]:
    """Give the points of each unbroken part of the line."""
    heights = {mark.x: mark.y for mark in marks}
    parts: list[list[str]] = [[]]
    for x, _label in places:
        if x in heights:
            parts[-1].append(f"{x},{heights[x]}")
        elif parts[-1]:
            parts.append([])
    return [" ".join(part) for part in parts if len(part) > 1]
