"""Built front-end files by their logical names."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import Flask, url_for

STATIC = Path(__file__).parent / "static"


class AssetsMissing(RuntimeError):
    """The front-end files are not built; `make assets` builds them."""


@cache
def files() -> dict[str, str]:
    """Give the built file of each logical name. Raises AssetsMissing before the first build."""
    try:
        built: dict[str, str] = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise AssetsMissing from error
    return built


def asset(name: str) -> str:
    """Give the URL of a built file."""
    return url_for("static", filename=files()[name])


def register(app: Flask) -> None:
    """Let templates name built files; their names carry a hash, so browsers may keep them for a year."""
    app.jinja_env.globals["asset"] = asset
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
