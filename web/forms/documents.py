"""The rows of a document checklist as they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from web.forms.labels import Labels
from web.forms.nodes import Document, Problem
from web.forms.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.errors import EngineError
    from engine.forms import Cell, Facts


class _Notes(Protocol):
    labels: Labels
    problems: list[Problem]
    seen: set[str]


def rows_of_documents(
    cell: Cell,
    facts: Facts,
    value: object,
    errors: Mapping[str, Sequence[EngineError]],
    notes: _Notes,
) -> tuple[Document, ...]:
    """Draw one row per document asked for, with its ticks, photographs and what is missing."""
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    given = {row.get("id"): row for row in rows}
    listed = enumerate(facts.documents(cell))
    return tuple(
        _row(cell, number, each, given.get(each["id"], {}), errors, notes)
        for number, each in listed
    )


def _row(
    cell: Cell,
    number: int,
    document: Mapping[str, Any],
    row: Mapping[str, Any],
    errors: Mapping[str, Sequence[EngineError]],
    notes: _Notes,
) -> Document:
    place = f"{cell.path}.{number}"
    anchor = "f-" + place.replace(".", "-")
    wrong = {
        part: words(errors[path][0]) for part in _PARTS if (path := f"{place}.{part}") in errors
    }
    name = notes.labels.given(document["id"], document["name"])
    notes.seen.update(path for path in errors if path == place or path.startswith(f"{place}."))
    notes.problems.extend(
        Problem(f"{anchor}-{part}", name, message) for part, message in wrong.items()
    )
    return Document(
        id=document["id"],
        name=name,
        clause=document["clause"],
        place=place,
        anchor=anchor,
        asks={part: document[part] for part in ("original", "copy")},
        ticks={part: row.get(part) in {True, "on", "true"} for part in ("original", "copy")},
        wrong={part: part in wrong for part in _PARTS},
        photos=tuple(str(key) for key in row.get("photos") or ()),
        error=" ".join(dict.fromkeys(wrong.values())),
    )


_PARTS = ("original", "copy", "photos")
