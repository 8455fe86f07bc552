"""The words of a form: its own, those computed by expressions, those of the translation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _

from engine.forms import INPUTS, Choice
from engine.money import yuan
from web.forms.words import HINTED, row_name, words
from web.words import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.errors import EngineError
    from engine.forms import Cell, Facts

_TEMPLATE: Final = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
# What decisions give: `documents.<id>.name` in the texts of a bundle.
_GIVEN: Final = ("documents", "fees")
_CITED: Final = "clause"
_MAX_CELLS: Final = 5_000


class Block(NamedTuple):
    """A paragraph of running text: heading, item of a list, or plain (`p`)."""

    kind: str
    text: str


class Table(NamedTuple):
    """Rows that are only read; `cited` is the column that names clauses, -1 for none, `sums` are those of money."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cited: int = -1
    sums: tuple[int, ...] = ()


class Labels:
    """Finds the words of a form in the reader's language: the translation first, then the form itself."""

    def __init__(
        self, form_id: str, texts: Mapping[str, str], facts: Facts, say: Callable[[str], str] = str
    ) -> None:
        """`say` puts what the process wrote into its data in Chinese into the reader's language."""
        self._form_id = form_id
        self._texts = texts
        self._facts = facts
        self.say = say

    def label(self, cell: Cell) -> str:
        """Give the label of a field; one without any is called by its key, for it must have a name."""
        component = cell.component
        return self._said(cell, "label", component.label) or (
            component.key if component.type in INPUTS else ""
        )

    def help(self, cell: Cell, *, locked: bool) -> tuple[str, ...]:
        """Give the lines under a field: its description, and where a value comes from that cannot be changed."""
        source = str(cell.component.properties.get("source") or "") if locked else ""
        source = self._text(cell, "source") or source
        origin = _("来自%(source)s，不能在此修改", source=source) if locked and source else ""
        description = self._said(
            cell, "description", str(cell.component.data.get("description") or "")
        )
        return tuple(filter(None, (description, origin)))

    def fault(self, cell: Cell, error: EngineError) -> str:
        """Say what is wrong with a field; the form's own words about it in the reader's language."""
        own = HINTED.get(error.code)
        return (self._text(cell, own) if own else "") or self.say(words(error, cell.component.type))

    def invalid(self, cell: Cell) -> str:
        """Give what the form says where a field's rule over the others is broken; nothing while it cannot be judged."""
        if self._facts.answer(cell, "valid") is not False or cell.value in (None, "", []):
            return ""
        return self._text(cell, "valid") or str(cell.component.properties["validMessage"])

    def adorner(self, cell: Cell, side: str) -> str:
        """Give what stands before (`prefix`) or after (`suffix`) an input: a unit of measure, 元 of an amount."""
        given = (cell.component.data.get("appearance") or {}).get(f"{side}Adorner")
        if given:
            return self._text(cell, f"{side}Adorner") or str(given)
        if cell.component.type == "money" or cell.component.properties.get("format") == "money":
            return "" if side == "prefix" else _("元")
        return ""

    def choices(self, cell: Cell) -> list[Choice]:
        """Give the choices with their labels."""
        offered = self._facts.choices(cell)
        return [
            Choice(c.value, self._text(cell, f"option.{c.value}") or self.given(c.value, c.label))
            for c in offered
        ]

    def given(self, identity: str, name: str) -> str:
        """Give the name of what a decision gave (a document, a fee) by its id; its own name without a translation."""
        keys = (f"{kind}.{identity}.name" for kind in _GIVEN)
        return next((self._texts[key] for key in keys if self._texts.get(key)), name)

    def trail(self, cell: Cell) -> str:
        """Name a field where it stands alone, with its list and row."""
        parts = []
        steps = cell.path.split(".")
        for end in range(1, len(steps)):
            if steps[end].isdecimal():
                above = next(c for c in self._facts.cells() if c.path == ".".join(steps[:end]))
                parts.append(f"{self.label(above)} {row_name(int(steps[end]))}")
        return " ".join([*parts, self.label(cell)])

    def blocks(self, cell: Cell) -> tuple[Block, ...]:
        """Give a text as paragraphs; of Markdown, headings and lists are kept, the rest is plain."""
        text = self._said(cell, "text", str(cell.component.data.get("text") or ""))
        lines = (line.strip() for line in text.splitlines())
        return tuple(_block(line) for line in lines if line)

    def table(self, cell: Cell) -> Table:
        """Give the rows of a read-only table."""
        columns = [
            each for each in cell.component.data.get("columns") or [] if isinstance(each, dict)
        ]
        rows = self._facts.answer(cell, "rows")
        shown = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        shown = [self._named(row) for row in shown[: _MAX_CELLS // max(len(columns), 1)]]
        heads = tuple(
            self._text(cell, f"column.{c['key']}") or c.get("label") or c["key"] for c in columns
        )
        keys = [c["key"] for c in columns]
        sums = [c["key"] for c in columns if c.get("format") == "money"]
        return Table(
            heads,
            tuple(
                tuple(readable(self.say(_cell(row.get(key), money=key in sums))) for key in keys)
                for row in shown
            ),
            keys.index(_CITED) if _CITED in keys else -1,
            tuple(keys.index(key) for key in sums),
        )

    def _named(self, row: dict[str, Any]) -> dict[str, Any]:
        known = "id" in row and "name" in row
        return {**row, "name": self.given(str(row["id"]), str(row["name"]))} if known else row

    def _said(self, cell: Cell, name: str, written: str) -> str:
        """Say a text; a translation may fill in what the form's own text does, in any order."""
        translated = self._text(cell, name)
        if name in cell.component.rules and not translated:
            return _plain(self._facts.answer(cell, name))
        answers = {
            source: self._facts.answer(cell, rule)
            for rule, source in cell.component.rules.items()
            if rule.startswith(f"{name}.")
        }
        return _TEMPLATE.sub(
            lambda match: _plain(answers.get(_bare(match[1]))), translated or written
        )

    def _text(self, cell: Cell, name: str) -> str:
        component = cell.component
        path = component.path.replace(".*", "").replace("#", "")
        names = dict.fromkeys((path, component.key, component.id))
        keys = (f"{self._form_id}.{each}.{name}" for each in names if each)
        return next((self._texts[key] for key in keys if self._texts.get(key)), "")


def _bare(source: str) -> str:
    return source.strip().removeprefix("=").strip()


def _block(line: str) -> Block:
    heading = re.match(r"#{1,6}\s+(.*)", line)
    item = re.match(r"(?:[-*+]|\d{1,3}[.)])\s+(.*)", line)
    if heading:
        return Block("h", heading.group(1))
    return Block("li", item.group(1)) if item else Block("p", line)


def _cell(value: object, *, money: bool) -> str:
    if money and isinstance(value, int | float) and not isinstance(value, bool):
        return yuan(int(value))
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""
