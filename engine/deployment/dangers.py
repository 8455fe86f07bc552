"""What is refused because nobody means well with it: markup in names, crowds of instances, records that would run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from engine.deployment.problems import Problem, at
from engine.printing import paper
from engine.runtime import Diagram

TAG = re.compile(r"<\s*[/!?]?\s*[A-Za-z][^<>]{0,200}>")
RANGE = re.compile(r"(-?\d{1,18})\s*\.\.\s*(-?\d{1,18})")
MOST = 500
LINKS = ("href", "src", "action", "formaction", "data", "background", "srcset")


def markup(file: str, diagram: Diagram) -> list[Problem]:
    """Find tags in what is shown to people; every page escapes them, and nobody means them."""
    return [
        at(
            file,
            element,
            "markup",
            f"{what} contains markup: {found[0][:60]}",
            what=what,
            found=found[0][:60],
        )
        for element in diagram.elements.values()
        for what, text in (("The name", element.name), ("The documentation", element.documentation))
        if (found := TAG.search(text))
    ]


def crowds(file: str, diagram: Diagram) -> list[Problem]:
    """Find multi-instance activities over a range that is written down and larger than may run."""
    return [
        at(
            file,
            element,
            "cardinality",
            f"A multi-instance activity may have at most {MOST} instances.",
            limit=str(MOST),
        )
        for element in diagram.elements.values()
        if element.loop
        for text in (element.loop.input_collection, element.loop.cardinality)
        if any(int(last) - int(first) >= MOST for first, last in RANGE.findall(text))
    ]


def active(template: bytes) -> Iterator[tuple[str, int | None]]:
    """Find what would run or load in the template of a record, with its line; printing would drop it silently."""
    try:
        root = html.fragment_fromstring(template.decode("utf-8"), create_parent="div")
    except (etree.ParserError, ValueError):
        return
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in paper.SILENT or element.tag in {
            "link",
            "meta",
            "base",
            "form",
            "input",
            "button",
            "embed",
        }:
            yield f"<{element.tag}>", element.sourceline
        for name, value in element.attrib.items():
            if name.startswith("on") or (
                name in LINKS and not paper.PICTURE.fullmatch(value) and "{{" not in value
            ):
                yield f"{name} of <{element.tag}>", element.sourceline
