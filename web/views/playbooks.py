"""The playbooks for emergencies that anybody may start at once: what needs no answer before it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from flask import url_for
from sqlalchemy import select

from engine.deployment import definitions
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.staff.access import Actor
from engine.staff.roles import ALL_STAFF
from web.extensions import engine, session
from web.views import names, records
from web.views.courses import groups_of
from web.views.people import group_names

FAMILY: Final = "emergency"
FIRST: Final = 8
AHEAD: Final = 4
# In the order of the first page; what is not named comes after, under the last icon.
ICONS: Final = {
    "emergency_fire_report": "flame",
    "emergency_elevator": "elevator",
    "emergency_medical": "first-aid-kit",
    "emergency_flooding": "droplet",
    "emergency_gas": "gas-station",
    "emergency_electric": "bolt",
    "emergency_power_outage": "bolt-off",
    "emergency_water_outage": "droplet-off",
    "emergency_brawl": "swords",
    "emergency_theft": "lock-open",
    "emergency_typhoon": "wind",
    "emergency_rainstorm": "cloud-rain",
    "emergency_fire_system": "bell-ringing",
    "emergency_intake": "phone-call",
}
CALM: Final = {"emergency_drill": "test-pipe", "emergency_muster": "speakerphone"}
OTHER: Final = "urgent"
CACHE: Final = "playbooks"
FRESH: Final = dt.timedelta(seconds=30)


class Deployed(NamedTuple):
    """An emergency procedure as deployed last."""

    key: int
    process_id: str
    start_groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Playbook:
    """A playbook as a big button shows it; a `calm` one is no alarm."""

    process_id: str
    name: str
    icon: str
    calm: bool
    url: str


def listed(actor: Actor, site: Site | None) -> list[Playbook]:
    """List what the actor may start without an answer, the everyday emergencies first."""
    return list(_quick(actor, site))


def first(actor: Actor, site: Site | None) -> list[Playbook]:
    """List those that stand on other pages of a phone; the definitions of the others are not read."""
    return list(islice(_quick(actor, site), FIRST))


def _quick(actor: Actor, site: Site | None) -> Iterator[Playbook]:
    where = [site.id] if site else actor.site_ids
    order = {one: place for place, one in enumerate([*ICONS, *CALM])}
    rows = sorted(_deployed(), key=lambda row: order.get(row.process_id, len(ICONS) - 0.5))
    mine = (row for row in rows if any(_may_start(actor, row, one) for one in where))
    return (_view(row) for row in mine if _is_quick(row))


def _may_start(actor: Actor, row: Deployed, site_id: int) -> bool:
    return definitions.may_start(actor, row.start_groups, site_id)


def _deployed() -> list[Deployed]:
    """Give the emergency procedures, read at most every 30 seconds: the inbox shows them on every page."""
    now = engine.clock()
    known = engine.caches.get(CACHE)
    if known is None or abs(now - known[0]) > FRESH:
        query = select(ProcessDefinition).where(
            ProcessDefinition.latest,
            ProcessDefinition.suspended_at.is_(None),
            ProcessDefinition.family.startswith(FAMILY),
        )
        rows = [
            Deployed(one.key, one.process_id, tuple(one.start_groups))
            for one in session.scalars(query)
        ]
        known = engine.caches[CACHE] = (now, rows)
    found: list[Deployed] = known[1]
    return found


def _is_quick(row: Deployed) -> bool:
    if ALL_STAFF not in row.start_groups:
        return False
    of = names.definition(row.key)
    form = records.form_of(of, of.start_form_id)
    return form is None or not any(field.limits.get("required") for field in form.fields())


def _view(row: Deployed) -> Playbook:
    return Playbook(
        process_id=row.process_id,
        name=names.procedure(names.definition(row.key)),
        icon=icon_of(row.process_id),
        calm=row.process_id in CALM,
        url=url_for("emergency.start", process_id=row.process_id),
    )


def icon_of(process_id: str) -> str:
    """Give the icon of a playbook."""
    return {**ICONS, **CALM}.get(process_id, OTHER)


def steps_ahead(definition: Any) -> list[dict[str, str]]:
    """Give what happens first once it runs: the steps, and whose they are."""
    drawn = definition.diagram
    start = drawn.start_event(definition.process_id)
    ahead = drawn.ahead(start.id, AHEAD) if start else ()
    return [
        {
            "name": names.element(definition, drawn.elements[one]),
            "who": group_names(groups_of(drawn.elements[one])),
            "clause": drawn.elements[one].properties.get("clause", ""),
        }
        for one in ahead
    ]
