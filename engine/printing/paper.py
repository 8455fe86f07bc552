"""What a printable record may consist of: text, tables and pictures that are part of it; nothing that runs or loads."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable

from lxml import html
from lxml.html import HtmlElement

TAGS = frozenset(
    {
        "article",
        "section",
        "div",
        "p",
        "span",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "small",
        "sub",
        "sup",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "img",
    }
)
ATTRIBUTES = frozenset({"class", "scope", "colspan", "rowspan", "aria-label", "lang", "alt"})
PICTURE = re.compile(r"data:image/(png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/=]+")
# Elements whose text is no text for people.
SILENT = frozenset({"script", "style", "noscript", "template", "iframe", "object", "svg", "math"})


def clean(text: str) -> HtmlElement:
    """Give the sheets of a record: markup that is not on the list is dropped, the words in it are kept."""
    root = html.fragment_fromstring(text, create_parent="div")
    for element in list(root.iter()):
        if element is root:
            continue
        if not isinstance(element.tag, str) or element.tag in SILENT:
            element.drop_tree()
        elif element.tag not in TAGS:
            element.drop_tag()
        else:
            _clean_attributes(element)
    return root


def _clean_attributes(element: HtmlElement) -> None:
    for name, value in list(element.attrib.items()):
        kept = name in ATTRIBUTES
        if element.tag == "img" and name == "src":
            kept = bool(PICTURE.fullmatch(value))
        if not kept:
            del element.attrib[name]


def title(sheets: HtmlElement) -> str:
    """Give the name of a record: the label of its first sheet."""
    return next((str(one.get("aria-label")) for one in sheets.iter("article")), "")


def repeat(sheets: HtmlElement, labels: Iterable[str]) -> None:
    """Put every sheet on paper once per label, which says whose copy it is; without labels the sheets stay single."""
    for sheet in list(sheets.iterchildren("article")):
        for label in labels:
            one = copy.deepcopy(sheet)
            line = html.Element("p")
            line.set("class", "text-end mb-0")
            small = html.Element("small")
            small.text = label
            line.append(small)
            one.append(line)
            sheet.addprevious(one)
        if labels:
            sheets.remove(sheet)


def write(sheets: HtmlElement) -> str:
    """Give the cleaned markup as text."""
    return "".join(
        html.tostring(child, encoding="unicode", method="html") for child in sheets.iterchildren()
    )
