"""Built front-end files by their logical names."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for

STATIC = Path(__file__).parent / "static"
MANIFEST = STATIC / "manifest.json"


class AssetsMissing(RuntimeError):
    """The front-end files are not built; `make assets` builds them."""


def files() -> dict[str, str]:
    """Give the built file of each logical name, as of the latest build. Raises AssetsMissing before the first."""
    try:
        return _read(MANIFEST.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise AssetsMissing from error


@lru_cache(maxsize=1)
def _read(_built_at: int) -> dict[str, str]:
    built: dict[str, str] = json.loads(MANIFEST.read_text("utf-8"))
    return built


def asset(name: str) -> str:
    """Give the URL of a built file."""
    return url_for("static", filename=files()[name])


def register(app: Flask) -> None:
    """Let templates name built files; their names carry a hash, so browsers may keep them for a year."""
    app.jinja_env.globals["asset"] = asset
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
