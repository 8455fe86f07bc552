"""Uploaded XML becomes a tree only after it has been measured.

Order: size, UTF-8, a streaming scan by expat that refuses document types and processing instructions and counts
depth, elements and attributes, then lxml without entities, DTD and network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from lxml import etree

from engine.runtime.finding import Refusal

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

SIZE = 1_000_000
DEPTH = 60
NODES = 40_000
ATTRIBUTES = 40
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""")


def tree(xml: bytes) -> Any:
    """The root element of the file. Raises Refusal for anything that is not small, plain, UTF-8 XML."""
    if len(xml) > SIZE:
        raise Refusal("size", limit=str(SIZE))
    _refuse_other_encodings(xml)
    _Scan().run(xml)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise Refusal("xml", error.lineno, reason=str(error)) from error


def _refuse_other_encodings(xml: bytes) -> None:
    declared = _DECLARATION.match(xml.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise Refusal("encoding", 1)
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal("encoding", xml.count(b"\n", 0, error.start) + 1) from error


@dataclass
class _Scan:
    """Counts while expat reads; the first excess stops it."""

    depth: int = 0
    nodes: int = 0

    def run(self, xml: bytes) -> None:
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.StartDoctypeDeclHandler = lambda *_: self._refuse("doctype")
        parser.ProcessingInstructionHandler = lambda *_: self._refuse("processing_instruction")
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as error:
            raise Refusal(
                "xml", error.lineno, reason=expat.ErrorString(error.code) or "?"
            ) from error

    def _open(self, _name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > DEPTH:
            self._refuse("depth", DEPTH)
        if self.nodes > NODES:
            self._refuse("element_count", NODES)
        if len(attributes) > ATTRIBUTES:
            self._refuse("attribute_count", ATTRIBUTES)

    def _close(self, _name: str) -> None:
        self.depth -= 1

    def _refuse(self, code: str, limit: int = 0) -> None:
        raise Refusal(code, self._parser.CurrentLineNumber, limit=str(limit))


def bpmn(name: str) -> str:
    """The qualified name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def local(node: Any) -> str:
    """An element's name without its namespace."""
    return etree.QName(node).localname


def namespace(node: Any) -> str:
    """An element's namespace, "" if it has none."""
    return etree.QName(node).namespace or ""


def children(node: Any, qualified: str) -> list[Any]:
    """The direct children of that name."""
    return list(node.findall(qualified))


def text(node: Any, qualified: str) -> str:
    """The stripped text of the first direct child of that name, "" if there is none."""
    return (node.findtext(qualified) or "").strip()
