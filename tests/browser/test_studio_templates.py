"""The ready-made steps hold under the published schema of element templates; the browser does not check them again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
import { validateAllZeebe } from "@bpmn-io/element-templates-validator";
import { templates } from "./web/assets/js/studio/diagram/templates.js";
const { results } = validateAllZeebe(templates((zh) => zh));
console.log(JSON.stringify(results.map(({ object, errors }) => [object.id, errors?.map(({ message }) => message) ?? []])));
"""


def test_every_ready_made_step_is_a_valid_element_template() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node: install it, the front end is built with it")
    run = subprocess.run(
        [node, "--input-type=module", "-e", CHECK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    assert len(found) == 6
    assert [each for each in found if each[1]] == []
