"""Settings: the choices a company or a site has where the regulations differ or leave room (policy/settings.json)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotFound, Rejected
from engine.models.identity import Site
from engine.models.policy import SettingOverride
from engine.policy import overrides

_TYPES: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "money": (int,),
    "text": (str,),
    "string": (str,),
    "enum": (str,),
    "list": (list,),
    "object": (dict,),
}
_ALIASES = {"bool": "boolean", "int": "integer", "float": "number", "str": "text"}
MAX_SIZE = 10_000


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Give the shipped settings by key, in the order of the table."""
    text = (Path(__file__).parent / "settings.json").read_text("utf-8")
    return {row["key"]: row for row in json.loads(text)}


def values(session: Session, site: Site | None, keys: Iterable[str]) -> dict[str, Any]:
    """Give the values that hold at a site, or without one for the company, by key. Raises NotFound."""
    wanted = list(dict.fromkeys(keys))
    for key in wanted:
        if key not in catalogue():
            raise NotFound(noun="setting", key=key)
    shipped = {key: catalogue()[key]["default"] for key in wanted}
    return shipped | overrides.read(session, SettingOverride, site, wanted)


def tree(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into nested contexts, the way FEEL reads `camunda.vars.tenant.a.b`."""
    root: dict[str, Any] = {}
    for key, value in values.items():
        *parents, last = key.split(".")
        branch = root
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = value
    return root


def change(command: Command, key: str, site: Site | None, value: Any) -> None:
    """Set a setting for a site, or without one for the company; None goes back to what held before.

    Process owners change any, a site's director those not closed to sites. Instances that run keep the value they started
    with. Raises NotFound, NotAllowed, or Rejected for a value of another type or outside the options.
    """
    before = values(command.session, site, [key])[key]
    row = catalogue()[key]
    overrides.require_editor(command, site, by_site=bool(row.get("editable_by_site", True)))
    if value is not None:
        _check(row, value)
    overrides.write(command, SettingOverride, key, site, value)
    command.audit(
        "setting.changed", key, site=site.key if site else None, before=before, after=value
    )


def _check(row: Mapping[str, Any], value: Any) -> None:
    kind = _ALIASES.get(row["type"], row["type"])
    fits = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not fits or len(json.dumps(value)) > MAX_SIZE:
        raise Rejected(reason=f"{value!r} is no {kind}")
    if "minimum" in row and not row["minimum"] <= value <= row["maximum"]:
        raise Rejected(reason=f"{value!r} is not between {row['minimum']} and {row['maximum']}")
    allowed = [o["value"] if isinstance(o, dict) else o for o in row.get("options") or []]
    chosen = value if isinstance(value, list) else [value]
    if allowed and any(one not in allowed for one in chosen):
        raise Rejected(reason=f"{value!r} is none of the options")
