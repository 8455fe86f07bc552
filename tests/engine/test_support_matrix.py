"""The support matrix in `engine/README.md` says what the gate and the runtime do, row by row."""

import re
from pathlib import Path

import pytest
from lxml import etree

from engine.runtime import check, parse
from engine.runtime.finding import MESSAGES
from engine.runtime.reader import EXTENSIONS
from engine.runtime.xml import ZEEBE

from .matrix import DIAGRAMS, DRAWN, OTHER, REFUSED, RUNS, WARNED
from .runtime.world import world

README = Path(__file__).parents[2] / "engine" / "README.md"
HEADER = "| In a diagram | Verdict | Honoured extension elements (attributes), or the finding |"
PARTS = {"input", "output", "property", "header"}
VARIABLES = {"k": "1", "xs": [1, 2], "when": "2026-03-05T09:00:00Z"}


def rows(verdict=None):
    """Each row of the tables with the matrix's header: name, verdict, third cell."""
    found, inside = [], False
    for line in README.read_text("utf-8").splitlines():
        inside = line == HEADER or (inside and line.startswith("|"))
        if inside and line != HEADER and not line.startswith("| -"):
            name, kind, cell = (one.strip() for one in line.strip("|").split("|"))
            found.append((name, kind, cell))
    return [row for row in found if verdict in (None, row[1])]


def used(source):
    """The zeebe extension elements of a diagram with their attributes."""
    elements: dict[str, set[str]] = {}
    for element in etree.fromstring(source).iter(f"{{{ZEEBE}}}*"):
        elements.setdefault(etree.QName(element).localname, set()).update(element.attrib)
    return {name: attributes for name, attributes in elements.items() if name not in PARTS}


def named(cell):
    """The extension elements that a cell names, with the attributes in brackets behind them."""
    found = re.findall(r"`zeebe:(\w+)`(?: \(([^)]*)\))?", cell)
    return {name: set(filter(None, attributes.split(", "))) for name, attributes in found}


def findings(source):
    return [(f.severity, f.code, MESSAGES[f.code].format_map(f.params)) for f in check(source)]


def test_every_row_has_a_diagram_and_every_diagram_a_row():
    written = [(name, verdict) for name, verdict, _ in rows()]
    assert len(written) == len(set(written))
    assert set(written) == {(name, kind) for kind, made in DIAGRAMS.items() for name in made}


def test_every_extension_element_that_the_gate_lets_pass_stands_in_the_matrix():
    cells = [cell for _, verdict, cell in rows() if verdict in ("supported", "drawn only")]
    assert {name for cell in cells for name in named(cell)} == EXTENSIONS - PARTS


def test_every_finding_stands_in_the_matrix():
    cells = [cell for _, verdict, cell in rows() if verdict in ("refused", "warned")]
    assert {cell.split("`")[1] for cell in cells} == MESSAGES.keys() - {"unreadable"}


@pytest.mark.parametrize("row", rows("supported"), ids=lambda row: row[0])
def test_what_is_supported_passes_the_gate_and_runs(row):
    name, _, cell = row
    source = RUNS[name]
    assert findings(source) == []
    assert named(cell) == used(source)
    there = world(source, OTHER, decisions={"d": lambda *_: 1}).start(**VARIABLES)
    assert there.incidents == []


@pytest.mark.parametrize("row", rows("drawn only"), ids=lambda row: row[0])
def test_what_is_only_drawn_passes_the_gate_and_changes_nothing(row):
    name, _, cell = row
    assert findings(DRAWN[name]) == []
    assert named(cell).keys() <= used(DRAWN[name]).keys()
    assert world(DRAWN[name], OTHER).start(**VARIABLES).waiting == ["x"]


@pytest.mark.parametrize("row", rows("refused"), ids=lambda row: row[0])
def test_what_is_refused_gives_just_the_finding_of_the_matrix(row):
    name, _, cell = row
    _, code, text = cell.split("`", 2)
    errors = {(code, text) for severity, code, text in findings(REFUSED[name]) if severity == "error"}  # fmt: skip
    assert errors == {(code, text.strip())}


@pytest.mark.parametrize("row", rows("warned"), ids=lambda row: row[0])
def test_what_is_warned_of_passes_the_gate(row):
    name, _, cell = row
    _, code, text = cell.split("`", 2)
    assert findings(WARNED[name]) == [("warning", code, text.strip())]
    assert parse(WARNED[name])
