"""A diagram as a picture for paper: plain SVG made on the server from the drawing in the file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from markupsafe import Markup

from engine.runtime.xml import local, tree

WIDE = 12.0  # of a Chinese letter, in units of the drawing
NARROW = 6.6
LINE = 14


@dataclass(frozen=True)
class Box:
    """Where a shape or label is drawn."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


def svg(content: bytes, label: str) -> Markup:
    """Draw a diagram; nothing when the file says nothing about its drawing."""
    root = tree(content)
    names = {
        one.get("id"): one.get("name") or "" for one in root.iter() if isinstance(one.tag, str)
    }
    kinds = {one.get("id"): local(one) for one in root.iter() if isinstance(one.tag, str)}
    parts: list[Markup] = []
    boxes: list[Box] = []
    for drawn in root.iter():
        if isinstance(drawn.tag, str) and local(drawn) in ("BPMNShape", "BPMNEdge"):
            of = drawn.get("bpmnElement", "")
            parts += _one(drawn, kinds.get(of, ""), names.get(of, ""), boxes)
    if not boxes:
        return Markup()
    left, top = min(b.x for b in boxes) - 20, min(b.y for b in boxes) - 30
    width = max(b.x + b.width for b in boxes) + 20 - left
    height = max(b.y + b.height for b in boxes) + 40 - top
    # Every part is escaped where it is made.
    return Markup(
        '<svg viewBox="{} {} {} {}" width="100%" role="img" aria-label="{}" font-family="sans-serif" font-size="12">{}</svg>'
    ).format(round(left), round(top), round(width), round(height), label, Markup("").join(parts))


def _one(drawn: etree._Element, kind: str, name: str, boxes: list[Box]) -> Iterator[Markup]:
    label = next((_box(one) for one in drawn.iter() if isinstance(one.tag, str) and local(one) == "BPMNLabel" for one in one.iter() if isinstance(one.tag, str) and local(one) == "Bounds"), None)  # fmt: skip
    if local(drawn) == "BPMNEdge":
        points = [(float(one.get("x", 0)), float(one.get("y", 0))) for one in drawn if isinstance(one.tag, str) and local(one) == "waypoint"]  # fmt: skip
        boxes += [Box(x, y, 0, 0) for x, y in points]
        yield from _edge(points, dashed=kind not in ("sequenceFlow", ""))
        if name and points:
            where = label or Box(*points[len(points) // 2], 40, LINE)
            yield _text(name, where.middle, 90)
        return
    box = next((_box(one) for one in drawn if isinstance(one.tag, str) and local(one) == "Bounds"), None)  # fmt: skip
    if box is None:
        return
    boxes.append(box)
    yield _shape(kind, box)
    if name:
        inside = kind.endswith(("Task", "task", "callActivity"))
        below = (box.middle[0], box.y + box.height + LINE)
        at = box.middle if inside else label.middle if label else below
        yield _text(name, at, box.width - 8 if inside else 110)


def _box(node: Any) -> Box:
    get: Mapping[str, str] = node.attrib
    return Box(*(float(get.get(name, 0)) for name in ("x", "y", "width", "height")))


def _shape(kind: str, box: Box) -> Markup:
    x, y = box.middle
    if kind.endswith("Gateway"):
        r = box.width / 2
        points = f"{x},{y - r} {x + r},{y} {x},{y + r} {x - r},{y}"
        sign = {"parallelGateway": "+", "inclusiveGateway": "○", "eventBasedGateway": "◇"}.get(kind, "×")  # fmt: skip
        shape = Markup('<polygon points="{}" fill="#fff" stroke="#000"/>').format(points)
        return shape + _text(sign, (x, y), 40)
    if kind.endswith("Event"):
        width = {"endEvent": 3, "startEvent": 1}.get(kind, 1)
        ring = Markup('<circle cx="{}" cy="{}" r="{}" fill="#fff" stroke="#000" stroke-width="{}"/>').format(x, y, box.width / 2, width)  # fmt: skip
        if kind in ("startEvent", "endEvent"):
            return ring
        return ring + Markup('<circle cx="{}" cy="{}" r="{}" fill="none" stroke="#000"/>').format(x, y, box.width / 2 - 4)  # fmt: skip
    width = 3 if kind == "callActivity" else 1
    fill = "none" if kind in ("subProcess", "adHocSubProcess", "participant", "lane") else "#fff"
    rect = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="8" fill="{}" stroke="#000" stroke-width="{}"/>'
    )
    return rect.format(box.x, box.y, box.width, box.height, fill, width)


def _edge(points: list[tuple[float, float]], *, dashed: bool) -> Iterator[Markup]:
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return
    said = " ".join(f"{x},{y}" for x, y in points)
    yield Markup('<polyline points="{}" fill="none" stroke="#000"{}/>').format(
        said, Markup(' stroke-dasharray="4 4"') if dashed else Markup("")
    )
    (x0, y0), (x, y) = points[-2:]
    length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 1)
    dx, dy = (x - x0) / length * 8, (y - y0) / length * 8
    head = f"{x},{y} {x - dx - dy / 2},{y - dy + dx / 2} {x - dx + dy / 2},{y - dy - dx / 2}"
    yield Markup('<polygon points="{}"/>').format(head)


def _text(text: str, middle: tuple[float, float], width: float) -> Markup:
    lines = _lines(text, width)
    x, y = middle
    first = y - (len(lines) - 1) * LINE / 2 + 4
    spans = Markup("").join(
        Markup('<tspan x="{}" y="{}">{}</tspan>').format(round(x, 1), round(first + n * LINE, 1), line)
        for n, line in enumerate(lines)
    )  # fmt: skip
    return Markup('<text text-anchor="middle">{}</text>').format(spans)


def _lines(text: str, width: float) -> list[str]:
    if text.isascii():
        return textwrap.wrap(text, max(int(width / NARROW), 4)) or [text]
    found, line, used = [], "", 0.0
    for letter in text:
        wide = NARROW if letter.isascii() else WIDE
        if used + wide > max(width, 2 * WIDE):
            found.append(line)
            line, used = "", 0.0
        line, used = line + letter, used + wide
    return [*found, line]
