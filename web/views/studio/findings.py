"""What the gates find, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.deployment.problems import Problem
from web import locales
from web.views.studio.chinese import PHRASES, SENTENCES

LINE = re.compile(r" \(line \d+\)$")


def words(problem: Problem) -> str:
    """Say what is wrong; the element and the line are told apart from it."""
    if locales.select() == "zh" and problem.code in SENTENCES:
        params = {name: PHRASES.get(str(value), value) for name, value in problem.params.items()}
        return SENTENCES[problem.code].format_map(_Blank(params))
    text = LINE.sub("", problem.message)
    return text.removeprefix(f"{problem.element_id}: ") if problem.element_id else text


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def listed(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Give findings as the editor reads them."""
    return [
        {
            "path": one.file,
            "elementId": one.element_id,
            "severity": one.severity,
            "code": one.code,
            "line": one.line,
            "message": words(one),
        }
        for one in problems
    ]


def by_path(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """Give the reasons of a refusal by file."""
    found: dict[str, list[str]] = {}
    for one in problems:
        place = f"（第 {one.line} 行）" if one.line and locales.select() == "zh" else f" (line {one.line})" if one.line else ""  # fmt: skip
        found.setdefault(one.file, []).append(words(one) + place)
    return found
