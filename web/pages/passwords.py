"""Why a new password is refused, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from engine.errors import WeakPassword
from engine.staff.identity import MIN_LENGTH


def weakness(error: WeakPassword) -> str:
    """Say what is missing and what would do."""
    if str(error.params.get("reason", "")).startswith("at least"):
        return str(_("至少 %(count)s 个字符；几个不相干的词连起来就好记又够长", count=MIN_LENGTH))
    return str(_("不要包含账号名"))
