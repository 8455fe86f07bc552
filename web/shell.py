"""What every page shows around its content: navigation, site, person, language."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, get_flashed_messages, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engine import inbox, kpis
from engine.models.identity import Site
from engine.staff import notifications, roles
from engine.staff.access import Actor
from web import locales
from web.extensions import engine, session
from web.signin import current_site
from web.views.operations import scope

SETTINGS_ROLES = ("process_owner", "admin", "site_director")


def register(app: Flask) -> None:
    """Give every template the shell's variables."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    locale = locales.select()
    user = g.get("user")
    context: dict[str, Any] = {
        "locale": locale,
        "theme": user.theme if user else "light",
        "now": engine.clock(),
        "actor": None,
        "site": None,
        "nav": [],
        "links": _public_links(),
        "get_flashed_messages": get_flashed_messages,
    }
    if g.get("actor") is not None:
        context |= _signed_in(g.actor)
    return context


def _public_links() -> dict[str, str]:
    return {"home": url_for("inbox.index"), "language": url_for("account.language")}


def _signed_in(actor: Actor) -> dict[str, Any]:
    site = current_site()
    return {
        "actor": {
            "name": own_name(),
            "username": actor.username,
            "role": main_role(actor, site),
            "sites": [site_view(one) for one in sites_of(actor)],
            "unread": notifications.unread(session, actor),
        },
        "site": site_view(site) if site else None,
        "nav": _nav(actor),
        "links": {
            **_public_links(),
            "search": url_for("search.index"),
            "emergency": url_for("emergency.index"),
            "site": url_for("account.site"),
            "theme": url_for("account.theme"),
            "account": url_for("account.index"),
            "notifications": url_for("account.notifications"),
            "switch_user": url_for("auth.switch"),
            "logout": url_for("auth.logout"),
        },
    }


def sites_of(actor: Actor) -> list[Site]:
    """List the sites of an actor."""
    query = select(Site).where(Site.id.in_(actor.site_ids)).order_by(Site.id)
    return list(session.scalars(query))


def site_view(site: Site) -> dict[str, str]:
    """Give a site as templates show it, in the reader's language."""
    name = site.name_en if locales.select() == "en" and site.name_en else site.name
    return {"key": site.key, "name": name}


def own_name() -> str:
    """Give the name of who is signed in, in the reader's language."""
    user = g.user
    return user.name_en if locales.select() == "en" and user.name_en else str(user.name)


def role_name(key: str) -> str:
    """Give a role's name in the reader's language."""
    role = roles.catalogue().get(key)
    if role is None:
        return key
    return role.en if locales.select() == "en" else role.zh


def main_role(actor: Actor, site: Site | None = None) -> str:
    """Give the name of the role to show after the actor's name."""
    held = actor.roles_at(site.id) if site else frozenset().union(*actor.roles.values())
    first = next((key for key in roles.catalogue() if key in held), None)
    return role_name(first) if first else ""


def _nav(actor: Actor) -> list[dict[str, Any]]:
    entries = [
        _entry(
            "inbox",
            "inbox.index",
            _("待办"),
            "inbox",
            count=inbox.overdue(session, actor, engine.clock()),
        ),
        _entry("catalogue", "catalogue.index", _("发起"), "plus"),
        _entry("registry", "registry.index", _("房号"), "building-community"),
        _entry("counter", "counter.index", _("取号"), "ticket"),
    ]
    if any(kpis.may_watch(actor, one) for one in actor.site_ids):
        entries.append(_entry("board", "board.index", _("看板"), "layout-dashboard"))
    operates = scope.operates(actor)
    owns = actor.has("process_owner")
    if owns:
        entries.append(
            _entry("studio", "studio.index", _("工作室"), "schema", desk_only=True, end=True)
        )
    if operates:
        entries.append(_operations(actor) | {"end": not owns})
    if any(actor.has(role) for role in SETTINGS_ROLES):
        entries.append(
            _entry(
                "settings", "settings.index", _("设置"), "settings", desk_only=True,
                end=not operates,
            )
        )  # fmt: skip
    return entries


def _operations(actor: Actor) -> dict[str, Any]:
    return _entry(
        "operations",
        "operations.index",
        _("运维"),
        "activity-heartbeat",
        count=scope.stuck(session, actor),
        count_label=_("个异常"),
        desk_only=True,
        end=True,
    )


def _entry(key: str, endpoint: str, label: str, icon: str, **more: Any) -> dict[str, Any]:
    blueprint = endpoint.split(".", maxsplit=1)[0]
    return {
        "key": key,
        "url": url_for(endpoint),
        "label": label,
        "icon": icon,
        "count": 0,
        "count_label": _("项超时"),
        "current": request.blueprint == blueprint,
        "desk_only": False,
        "end": False,
    } | more
