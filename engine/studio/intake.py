"""What may come into a draft: files measured before anything reads them.

A draft may be wrong (the gate says so when it is looked at), but never dangerous: what is too large, too deep, no text,
or XML with a document type is refused here, with the file and the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.deployment import bundles
from engine.deployment.problems import Problem
from engine.errors import Rejected
from engine.runtime.finding import Refusal
from engine.runtime.xml import tree

LARGEST = 1_000_000
DEEPEST = 40
LONGEST_PATH = 200
LONGEST_FAMILY = 64
SUFFIXES = (".bpmn", ".form", ".dmn", ".json", ".html", ".md")
FOLDERS = ("", "forms", "decisions", "texts", "prints", "scenarios")
FAMILY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PART = re.compile(r"[\w][\w.\- ()（）]*")


class FilesRefused(Rejected):
    """These files cannot be kept: {reason}."""

    code = "bundle_refused"

    def __init__(self, problems: list[Problem]) -> None:
        """Keep `problems`, never empty; nothing has been stored."""
        self.problems = problems
        super().__init__(reason="; ".join(f"{one.file}: {one.message}" for one in problems[:20]))


def check_family(family: str) -> None:
    """Refuse what cannot name a family of procedures. Raises Rejected."""
    if not FAMILY.fullmatch(family):
        raise FilesRefused([_problem(family[:80], "family_name", family=family[:80])])


def check(files: Mapping[str, bytes]) -> None:
    """Refuse a bundle that holds anything dangerous. Raises FilesRefused with all that is wrong."""
    found = [*_measured(files)]
    if not found:
        found = [one for path, content in files.items() for one in problems(path, content)]
    if found:
        raise FilesRefused(found)


def _measured(files: Mapping[str, bytes]) -> Iterator[Problem]:
    if len(files) > bundles.MAX_FILES:
        yield _problem("", "file_count", limit=bundles.MAX_FILES, count=len(files))
    size = sum(map(len, files.values()))
    if size > bundles.MAX_BYTES:
        yield _problem("", "bundle_size", limit=bundles.MAX_BYTES, size=size)
    seen: dict[str, str] = {}
    for path in files:
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            yield _problem(path, "file_twice", other=other)


def problems(path: str, content: bytes) -> Iterator[Problem]:
    """Say why one file cannot be kept; nothing when it can."""
    if fault := fault_of_path(path):
        yield _problem(path[:LONGEST_PATH], fault)
    elif len(content) > LARGEST:
        yield _problem(path, "file_size", limit=LARGEST, size=len(content))
    elif (line := _undecodable(content)) is not None:
        yield _problem(path, "encoding", line=line)
    elif path.endswith((".bpmn", ".dmn")):
        yield from _xml(path, content)
    elif path.endswith((".form", ".json")):
        yield from _json(path, content)


def fault_of_path(path: str) -> str:
    """Give the code of what is wrong with a path inside a bundle, nothing when it is right."""
    folder, _, name = path.rpartition("/")
    parts = path.split("/")
    if len(path) > LONGEST_PATH or not all(_PART.fullmatch(part) for part in parts):
        return "file_name"
    if ".." in path or name.startswith("."):
        return "file_name"
    if not name.endswith(SUFFIXES):
        return "file_kind"
    return "" if folder in FOLDERS else "file_folder"


def _undecodable(content: bytes) -> int | None:
    """Give the line where a file stops being UTF-8 text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return text.count("\n", 0, text.index("\0")) + 1 if "\0" in text else None


def _xml(path: str, content: bytes) -> Iterator[Problem]:
    try:
        tree(content)
    except Refusal as refusal:
        found = refusal.finding
        yield _problem(path, found.code, line=found.line, **found.params)


def _json(path: str, content: bytes) -> Iterator[Problem]:
    try:
        value = json.loads(content.removeprefix(b"\xef\xbb\xbf"), parse_constant=_not_json)
    except RecursionError:
        yield _problem(path, "depth_json", limit=DEEPEST)
    except ValueError as error:
        yield _problem(path, "json", line=getattr(error, "lineno", None), reason=str(error)[:200])
    else:
        if deeper_than(value, DEEPEST):
            yield _problem(path, "depth_json", limit=DEEPEST)


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def deeper_than(value: object, limit: int) -> bool:
    """Whether JSON is nested deeper than so many levels."""
    level = [value]
    for _ in range(limit):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


MESSAGES = {
    "bundle_size": "The files have {size} bytes together; at most {limit} are kept.",
    "depth_json": "The JSON is nested deeper than {limit} levels.",
    "depth": "The XML is nested deeper than {limit} levels.",
    "family_name": "The name of a family has small letters, digits and _, and begins with a letter.",
    "file_count": "There are {count} files; at most {limit} are kept.",
    "file_folder": "Files of a bundle stand beside the diagrams or in forms, decisions, texts, prints, scenarios.",
    "file_kind": "Only .bpmn, .form, .dmn, .json, .html and .md files belong to a bundle.",
    "file_name": "A file has a plain name such as process.bpmn or texts/en.json.",
    "file_size": "The file has {size} bytes; at most {limit} are kept.",
    "family_taken": "There is a process {family} already.",
    "file_twice": "{other} has the same name but for small and capital letters.",
    "json": "This is not JSON: {reason}.",
    "archive": "This zip file cannot be read: {reason}.",
}  # fmt: skip


def _problem(path: str, code: str, *, line: int | None = None, **params: Any) -> Problem:
    from engine.runtime.finding import MESSAGES as OF_XML

    text = MESSAGES.get(code) or OF_XML[code]
    said = {name: str(value) for name, value in params.items()}
    message = text.format_map(said) + (f" (line {line})" if line else "")
    return Problem(file=path, severity="error", code=code, message=message, line=line, params=said)


def refusal(path: str, code: str, **params: Any) -> FilesRefused:
    """Give the refusal of one file."""
    return FilesRefused([_problem(path, code, **params)])
