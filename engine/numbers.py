"""Human numbers: a prefix, the site's local date and a counter without gaps (RH-20261120-007)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from engine.engine import Command
from engine.models.identity import Site
from engine.models.policy import Sequence
from engine.store import database


def next_number(command: Command, prefix: str, site: Site) -> str:
    """Give the site's next number of today under a prefix.

    The counter's row stays locked until the command ends, so that a number is taken if and only if it commits.
    """
    day = today(command, site)
    return f"{prefix}-{day:%Y%m%d}-{count(command, prefix, site, day):03}"


def count(command: Command, prefix: str, site: Site, day: dt.date) -> int:
    """Give the next of 1, 2, 3 … for a prefix on a day at a site."""
    row = database.insert_of(command.session)(Sequence).values(
        site_id=site.id, prefix=prefix, day=day, last=1
    )
    counted = row.on_conflict_do_update(
        index_elements=["site_id", "prefix", "day"], set_={"last": Sequence.last + 1}
    )
    return command.session.scalars(counted.returning(Sequence.last)).one()


def today(command: Command, site: Site) -> dt.date:
    """Give the local date at a site."""
    return command.now.astimezone(ZoneInfo(site.timezone)).date()
