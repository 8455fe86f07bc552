"""What differs between two contents of a bundle, file by file: elements of diagrams, fields, rules, texts, lines."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.runtime.finding import Refusal
from engine.studio import shapes

MOST_LINES = 400
MOST_CHANGES = 500


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs: at what (an element, a field, a key), which attribute, and its values before and now.

    `kind` is added, removed, changed, or moved (drawn elsewhere, means the same).
    """

    kind: str
    at: str
    name: str = ""
    attribute: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A file that differs: added, removed, changed, or written (other bytes, the same meaning)."""

    path: str
    status: str
    changes: list[Change] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What sort of file it is: bpmn, form, dmn, texts, scenarios, or other."""
        if self.path.startswith(("texts/", "scenarios/")):
            return self.path.split("/", 1)[0]
        suffix = self.path.rsplit(".", 1)[-1]
        return suffix if suffix in ("bpmn", "form", "dmn") else "other"

    def ids(self, *kinds: str) -> list[str]:
        """Give what changed in one of these ways."""
        return sorted({one.at for one in self.changes if one.kind in kinds})


def compare(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[Difference]:
    """List the files that differ, diagrams first."""
    found = [
        _compared(path, before.get(path), now.get(path))
        for path in sorted(before.keys() | now.keys())
        if before.get(path) != now.get(path)
    ]
    order = ("bpmn", "form", "dmn", "texts", "scenarios", "other")
    return sorted(found, key=lambda one: order.index(one.kind))


def _compared(path: str, before: bytes | None, now: bytes | None) -> Difference:
    if before is None or now is None:
        return Difference(path=path, status="added" if before is None else "removed")
    read = _reader(path)
    try:
        changes = list(_of_things(read(before), read(now))) if read else list(_of_lines(before, now))  # fmt: skip
    except (ValueError, RecursionError, Refusal):
        changes = list(_of_lines(before, now))
    meaning = any(one.kind != "moved" for one in changes)
    status = "changed" if meaning else "moved" if changes else "written"
    return Difference(path=path, status=status, changes=changes[:MOST_CHANGES])


Things = Mapping[str, Mapping[str, str]]


def _reader(path: str) -> Callable[[bytes], Things] | None:
    if path.endswith((".bpmn", ".dmn")):
        return shapes.things
    if path.endswith(".form"):
        return fields_of
    if path.startswith("scenarios/"):
        return cases_of
    return texts_of if path.endswith(".json") else None


def _of_things(before: Things, now: Things) -> Iterator[Change]:
    """Compare what has an identity, attribute by attribute; `@` begins what only the drawing says."""
    for at in sorted(before.keys() - now.keys()):
        yield Change(kind="removed", at=at, name=_called(before[at]))
    for at in sorted(now.keys() - before.keys()):
        yield Change(kind="added", at=at, name=_called(now[at]))
    for at in sorted(before.keys() & now.keys()):
        old, new = before[at], now[at]
        for attribute in sorted(old.keys() | new.keys()):
            if old.get(attribute) != new.get(attribute):
                yield Change(
                    kind="moved" if attribute.startswith("@") else "changed",
                    at=at,
                    name=_called(new),
                    attribute=attribute,
                    before=old.get(attribute, ""),
                    after=new.get(attribute, ""),
                )


def _called(thing: Mapping[str, str]) -> str:
    return thing.get("name") or thing.get("label", "")


def fields_of(content: bytes) -> dict[str, dict[str, str]]:
    """Give the components of a form by key (or place), each flat; invented ids and layout rows mean nothing."""
    schema = json.loads(content)
    found: dict[str, dict[str, str]] = {
        "": _flat({k: v for k, v in schema.items() if k not in _NO_MEANING})
    }
    _components(schema.get("components") or [], "", found)
    return found


_NO_MEANING = {"components", "exporter", "executionPlatform", "executionPlatformVersion", "schemaVersion", "type"}  # fmt: skip


def _components(listed: list[Any], around: str, found: dict[str, dict[str, str]]) -> None:
    for place, one in enumerate(listed):
        own = str(one.get("key") or one.get("path") or f"{one.get('type')}-{place + 1}")
        at = f"{around}.{own}" if around else own
        said = {k: v for k, v in one.items() if k not in ("components", "id", "layout")}
        found[at] = {**_flat(said), "@order": str(place)}
        _components(one.get("components") or [], at, found)


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {
            k: v
            for name, one in value.items()
            for k, v in _flat(one, f"{path}.{name}" if path else name).items()
        }
    if isinstance(value, str):
        return {path: value}
    return {path: json.dumps(value, ensure_ascii=False, sort_keys=True)}


def texts_of(content: bytes) -> dict[str, dict[str, str]]:
    """Give the texts of a language by key."""
    texts = json.loads(content)
    if not isinstance(texts, dict):
        return {"": _flat(texts)}
    return {str(key): _flat(text, "text") for key, text in texts.items()}


def cases_of(content: bytes) -> dict[str, dict[str, str]]:
    """Give the scenarios of a file by name, step by step."""
    document = json.loads(content)
    listed = document.get("testCases", []) if isinstance(document, dict) else []
    found: dict[str, dict[str, str]] = {}
    for one in listed:
        steps = {f"{n:03}": json.dumps(step, ensure_ascii=False, sort_keys=True) for n, step in enumerate(one.get("instructions", []), 1)}  # fmt: skip
        found[str(one.get("name"))] = {**_flat(one.get("metadata") or {}, "metadata"), **steps}
    return found


def _of_lines(before: bytes, now: bytes) -> Iterator[Change]:
    old = before.decode("utf-8", "replace").splitlines()
    new = now.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(difflib.unified_diff(old, new, n=0, lineterm="")):
        if number > MOST_LINES:
            return
        if line.startswith("+") and not line.startswith("+++"):
            yield Change(kind="added", at="", after=line[1:])
        elif line.startswith("-") and not line.startswith("---"):
            yield Change(kind="removed", at="", before=line[1:])
