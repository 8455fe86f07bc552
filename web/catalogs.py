"""The catalogs of translations: `python -m web.catalogs` brings them up to date with the sources.

Messages are the Chinese sentences of Python sources and templates, so only English translates them. The errors of the
engine are called `error.<code>`; both languages put them into words.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

import engine
from engine.errors import EngineError

ROOT: Final = Path(__file__).parent
METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: Final = {**DEFAULT_KEYWORDS, "lazy_gettext": None}


def errors() -> dict[str, type[EngineError]]:
    """Give every error of the engine by its code, those of modules not loaded yet too."""
    for module in pkgutil.walk_packages(engine.__path__, f"{engine.__name__}."):
        importlib.import_module(module.name)
    kinds: list[type[EngineError]] = [EngineError, *_below(EngineError)]
    return {kind.code: kind for kind in reversed(kinds)}


def _below(kind: type[EngineError]) -> Iterator[type[EngineError]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith(f"{engine.__name__}."):
            yield each
            yield from _below(each)


def template(locale: str) -> Catalog:
    """Give the messages a language must have, without translations. Raises what a broken template raises."""
    wanted = Catalog(project="Guicheng", charset="utf-8")
    if locale != "zh":
        found = extract_from_dir(
            ROOT, METHODS, {"templates/**.html": {"silent": "false"}}, KEYWORDS
        )
        for name, _line, message, comments, context in found:
            wanted.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    for code, kind in errors().items():
        wanted.add(f"error.{code}", auto_comments=[(inspect.getdoc(kind) or "").splitlines()[0]])
    return wanted


def read(locale: str) -> Catalog:
    """Give a language's catalog."""
    with _path(locale).open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str) -> list[str]:
    """Add to a language's catalog what is new and drop what is gone; give the messages without a translation."""
    catalog = read(locale)
    catalog.update(template(locale), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    with _path(locale).open("wb") as file:
        write_po(file, catalog, width=0, include_lineno=False, omit_header=False)
    return [str(message.id) for message in catalog if message.id and not message.string]


def _path(locale: str) -> Path:
    return ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    for language in ("zh", "en"):
        for missing in update(language):
            print(f"{language}: {missing}")  # noqa: T201 - it talks to whoever ran it
