"""Pages looked at by axe-core."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.person import Person

BUILT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
AXE = Path(os.environ.get("GUICHENG_AXE", BUILT))
GRAVE = ("serious", "critical")
installed = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci")


def violations(person: Person) -> list[str]:
    """Give the grave violations of a page, with where they are."""
    person.page.evaluate(AXE.read_text("utf-8"))
    found: Any = person.page.evaluate("() => axe.run()")
    return [
        f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
