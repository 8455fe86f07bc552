"""Decision tables in words: which rule of a table, and which of its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from engine.runtime.finding import Refusal
from engine.runtime.xml import local, tree

_ENTRY = re.compile(r"(inputEntry|outputEntry)(?:\.(\d+))?(?:\.text)?")


@dataclass(frozen=True)
class Rule:
    """A rule of a table: how manieth, what its author says of it, and what the columns are called."""

    number: int
    about: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the rule is called: its place, and what its author says of it."""
        said = _("第 %(n)s 条规则", n=self.number)
        return said + str(_("：")) + self.about if self.about else str(said)

    def column(self, attribute: str) -> str:
        """Name the column of a cell; nothing for what is no cell."""
        cell = _ENTRY.fullmatch(attribute)
        if cell is None:
            return ""
        labels = self.inputs if cell[1] == "inputEntry" else self.outputs
        at = int(cell[2] or 1) - 1
        label = labels[at] if at < len(labels) else str(at + 1)
        if cell[1] == "inputEntry":
            return str(_("条件“%(column)s”", column=label))
        return str(_("结果“%(column)s”", column=label))


def rules(content: bytes) -> dict[str, Rule]:
    """Give the rules of all tables of a file by their ids; none where it cannot be read."""
    try:
        root = tree(content)
    except Refusal:
        return {}
    tables = (node for node in root.iter() if isinstance(node.tag, str) and local(node) == "decisionTable")  # fmt: skip
    return {id_: rule for table in tables for id_, rule in _of(table)}


def _of(table: Any) -> list[tuple[str, Rule]]:
    inputs = tuple(one.get("label") or _text(one) for one in _children(table, "input"))
    outputs = tuple(one.get("label") or one.get("name") or "" for one in _children(table, "output"))
    return [
        (one.get("id", ""), Rule(number, _about(one), inputs, outputs))
        for number, one in enumerate(_children(table, "rule"), 1)
    ]


def _children(node: Any, name: str) -> list[Any]:
    return [one for one in node if isinstance(one.tag, str) and local(one) == name]


def _about(rule: Any) -> str:
    return next((_text(one) for one in _children(rule, "description")), "")


def _text(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())[:80]
