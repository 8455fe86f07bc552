"""What the templates draw: a form as a tree of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.forms import Choice, Component


class Problem(NamedTuple):
    """One line of the error summary: where it leads, what it is about, what to do."""

    id: str
    label: str
    message: str


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a form; `kind` is the template that draws it (`forms/fields/<kind>.html`)."""

    kind: str
    id: str
    name: str
    label: str
    component: Component
    full: bool = False
    required: bool = False
    locked: bool = False
    refresh: bool = False
    help: tuple[str, ...] = ()
    error: str = ""
    value: Any = ""
    choices: tuple[Choice, ...] = ()
    attributes: Mapping[str, str | bool] = field(default_factory=dict)
    prefix: str = ""
    suffix: str = ""
    clause: str = ""
    children: tuple[Node, ...] = ()
    rows: tuple[Row, ...] = ()
    template: Row | None = None
    limit: int = 0

    @property
    def described_by(self) -> str:
        """The ids of error and help, for aria-describedby."""
        return " ".join(
            filter(
                None, (f"e-{self.id}" if self.error else "", f"h-{self.id}" if self.help else "")
            )
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: its number in the names (`__n__` in the template of a new one) and the row it stands for."""

    number: str
    title: str
    origin: str
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One row of a document checklist."""

    id: str
    name: str
    clause: str
    place: str
    anchor: str
    asks: Mapping[str, bool]
    ticks: Mapping[str, bool]
    wrong: Mapping[str, bool]
    photos: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered part of a form; without a title, what stands outside any group."""

    id: str
    number: str
    title: str
    aside: str
    clause: str
    children: tuple[Node, ...]
