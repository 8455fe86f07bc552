"""Remarks on an instance, and the slips that can be printed from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.models.task import Comment, UserTask
from web import words
from web.views import names


def view(comments: Iterable[Comment], now: dt.datetime) -> list[dict[str, Any]]:
    """Give remarks as pages show them."""
    return [
        {
            "name": names.user(comment.user),
            "at": words.stamp(comment.created_at, now),
            "text": comment.text,
        }
        for comment in comments
    ]


def print_item(task: UserTask, record: str) -> dict[str, Any]:
    """Give the menu item that opens a slip for printing."""
    return {
        "label": _(
            "打印%(record)s", record=names.record(names.definition(task.definition_key), record)
        ),
        "icon": "printer",
        "url": url_for("records.show", instance_key=task.instance_key, record=record),
    }
