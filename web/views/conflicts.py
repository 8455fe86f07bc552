"""Somebody was faster: who, when, what."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from engine.errors import EngineError, TaskClosed
from web import words
from web.errors import words as error_words
from web.extensions import engine


def sentence(error: EngineError) -> str:
    """Say who has or finished the task and when; nothing when it is not known."""
    who, at = error.params.get("by"), error.params.get("at")
    if not who or not isinstance(at, dt.datetime):
        return ""
    when = words.stamp(at, engine.clock())
    if isinstance(error, TaskClosed):
        return str(_("%(name)s %(at)s 已办完这一步", name=who, at=when))
    return str(_("%(name)s %(at)s 已领取这一步", name=who, at=when))


def words_of(error: EngineError) -> str:
    """Say what stood in the way, with who and when where it is known."""
    return sentence(error) or error_words(error)
