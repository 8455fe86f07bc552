"""Remarks on an instance, and the slips that can be printed from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.models.task import Comment
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


def print_item(instance_key: int, record: str) -> dict[str, Any]:
    """Give the menu item that opens a slip for printing."""
    return {
        "label": _("打印%(record)s", record=record_name(record)),
        "icon": "printer",
        "url": url_for("records.show", instance_key=instance_key, record=record),
    }


def record_name(record: str) -> str:
    """Give the name of a record as the book writes it."""
    name = _RECORDS.get(record)
    return str(name) if name else record


_RECORDS = {
    "move_in_flow_sheet": lazy_gettext("《入住办理流程单》"),
    "handover_letter": lazy_gettext("《收楼书》"),
    "handover_inspection": lazy_gettext("《房屋交接验收表》"),
    "key_register": lazy_gettext("《钥匙领用/移交登记表》"),
    "fee_notice": lazy_gettext("《收费通知单》"),
    "payment_receipt": lazy_gettext("《付款收据》"),
    "occupancy_slip": lazy_gettext("《入住单》"),
    "customer_profile": lazy_gettext("《住户入住基本情况表》"),
    "move_in_notice": lazy_gettext("《入伙通知书》"),
    "rectification_notice": lazy_gettext("《整改通知单》"),
    "omission_record": lazy_gettext("《单元验收遗漏工程记录表》"),
}
