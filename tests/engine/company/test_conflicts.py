"""Every conflict between the regulations that concerns a shipped family is a setting with its sources, and something reads it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from engine.deployment import library
from engine.policy import limits, settings

CONFLICTS: dict[str, dict[str, Any]] = json.loads(
    (library.FOLDER / "catalogue.json").read_text("utf-8")
)["conflicts"]


def rows(conflict: str) -> dict[str, dict[str, Any]]:
    """The rows of the policy tables that settle a conflict."""
    tables = settings.catalogue() | limits.catalogue()
    return {key: row for key, row in tables.items() if row.get("conflict") == conflict}


def read_somewhere(key: str) -> bool:
    """Whether a diagram, a form, a decision or an indicator of some family names the row."""
    for family in library.families():
        for name, content in library.files(family).items():
            if name.endswith((".bpmn", ".form", ".dmn", "kpis.json")) and key.encode() in content:
                return True
    return False


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_a_conflict_is_a_setting_with_its_sources(conflict: str) -> None:
    found = rows(conflict)
    assert found, f"{conflict} {CONFLICTS[conflict]['title']}"
    for key, row in found.items():
        most = 1 if conflict.startswith("C-") else 0  # an ambiguity may lie in one passage
        assert len(row.get("sources") or []) > most, f"{key} names the sources that differ"
        assert row.get("editable_by_site") in (True, False)
        assert row["zh"], key
        assert row["en"], key


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_something_reads_what_was_chosen(conflict: str) -> None:
    families = set(CONFLICTS[conflict]["families"])
    if not families <= set(library.families()):
        pytest.skip("a family that is not shipped")
    unread = [key for key in rows(conflict) if not read_somewhere(key)]
    assert not unread


def test_rows_speak_only_of_conflicts_there_are() -> None:
    tables = [*settings.catalogue().values(), *limits.catalogue().values()]
    named = {row["conflict"] for row in tables if row.get("conflict")}
    assert {one for one in named if re.match(r"[CA]-", one)} <= CONFLICTS.keys()
