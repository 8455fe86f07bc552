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
# Themes differ in their colours alone: after the first one a page is asked about nothing else.
COLOURS = ("color-contrast", "link-in-text-block")
RUN = """async ({ themes, colours }) => {
  const { dataset } = document.documentElement;
  const own = dataset.bsTheme;
  const found = [];
  for (const [index, theme] of themes.entries()) {
    dataset.bsTheme = theme;
    const rules = index ? { runOnly: colours } : {};
    const { violations } = await axe.run({ resultTypes: ["violations"], ...rules });
    found.push(...violations.map((one) => ({ ...one, id: `${one.id} (${theme})` })));
  }
  dataset.bsTheme = own;
  return found;
}"""
installed = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci")


def violations(person: Person, *themes: str) -> list[str]:
    """Give the grave violations of a page with where they are, in the light or in themes that are named."""
    person.page.emulate_media(reduced_motion="reduce")  # no colour on its way to another
    person.page.evaluate(AXE.read_text("utf-8"))
    wanted = {"themes": themes or ("light",), "colours": COLOURS}
    found: Any = person.page.evaluate(RUN, wanted)
    return [
        f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
