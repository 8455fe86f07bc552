"""The reader's language and time zone."""

from __future__ import annotations

from flask import g, has_request_context, request

from web.signin import current_site

LOCALES = ("zh", "en")
COOKIE = "guicheng_locale"


def select() -> str:
    """Give the language of the account, else the cookie's, else the browser's, else Chinese."""
    if not has_request_context():
        return "zh"
    user = g.get("user")
    chosen = user.locale if user else request.cookies.get(COOKIE)
    return chosen if chosen in LOCALES else request.accept_languages.best_match(LOCALES) or "zh"


def zone() -> str:
    """Give the time zone of the site looked at; all sites of the company lie in the default one otherwise."""
    site = current_site() if has_request_context() and g.get("login") else None
    return site.timezone if site else "Asia/Shanghai"
