"""What every page of a draft has: its name, where it came from, and its other pages."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.models.studio import BundleDraft
from web.views.studio import shelf


def view(draft: BundleDraft, current: str) -> dict[str, Any]:
    """Give the head of a draft's page."""
    pages = [
        ("edit", _("编辑"), "pencil"),
        ("proof", _("验证"), "player-play"),
        ("recordings", _("录制场景"), "route"),
        ("diff", _("对比"), "git-compare"),
        ("deploy", _("部署上线"), "rocket"),
        ("saves", _("历次保存"), "history"),
    ]
    return {
        "draft": {
            "key": draft.key,
            "short": str(draft.key)[-5:],
            "name": shelf.draft_name(draft),
            "family": draft.family,
            "version": draft.version,
            "base": shelf.number(draft.base_key),
            "origin": shelf.origin(draft),
        },
        "tabs": [
            {
                "label": label,
                "icon": icon,
                "url": url_for(f"studio.{name}", key=draft.key),
                "current": name == current,
            }
            for name, label, icon in pages
        ],
    }
