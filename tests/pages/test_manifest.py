"""Built files are found again after a build under a running server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from web import manifest


def test_a_new_build_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "manifest.json"
    monkeypatch.setattr(manifest, "MANIFEST", built)
    built.write_text(json.dumps({"app.css": "app-1.css"}))
    assert manifest.files()["app.css"] == "app-1.css"
    built.write_text(json.dumps({"app.css": "app-2.css"}))
    os.utime(built, ns=(1, 1))
    assert manifest.files()["app.css"] == "app-2.css"


def test_says_that_nothing_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(manifest.AssetsMissing):
        manifest.files()
