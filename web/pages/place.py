"""The one site a page is about, when it can be about one only."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import request

from engine.errors import NotFound
from engine.models.identity import Site
from web import shell, signin
from web.extensions import engine


def here() -> Site:
    """Give the site asked for by `?site=`, else the one looked at, else the actor's first.

    Raises NotFound for a site where the actor does not work, and for an actor without any.
    """
    sites = shell.sites_of(signin.current_actor())
    wanted = request.values.get("site", "")
    looked_at = signin.current_site()
    for site in sites:
        if site.key == wanted or (not wanted and site == looked_at):
            return site
    if wanted or not sites:
        raise NotFound(noun="site", key=wanted)
    return sites[0]


def options() -> list[tuple[str, str]]:
    """Give the actor's sites as a choice."""
    views = [shell.site_view(site) for site in shell.sites_of(signin.current_actor())]
    return [(view["key"], view["name"]) for view in views]


def today(site: Site) -> dt.date:
    """Give the date at a site now."""
    return engine.clock().astimezone(ZoneInfo(site.timezone)).date()
