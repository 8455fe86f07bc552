"""What is wrong with a field, in the reader's language, naming the cure."""

from __future__ import annotations

from flask_babel import gettext as _

from engine.errors import Rejected


def of(error: Rejected, otherwise: str = "form") -> dict[str, str]:
    """Give a refusal as a message at its field; refusals without a field go to `otherwise`."""
    field = str(error.params.get("field") or otherwise)
    return {field: words(str(error.params.get("problem") or ""))}


def words(problem: str) -> str:
    """Say what to do about a problem the registry names."""
    known = {
        "required": _("要填"),
        "too_long": _("太长了，写短些"),
        "control": _("有看不见的控制字符，删去重打"),
        "phone": _("应为电话号码：数字，可带区号和 +"),
        "unknown": _("选一个列出的"),
        "taken": _("已经有了"),
        "number": _("应为不小于零的数"),
        "date": _("日期不对，写成 2026-11-20，不早于开始那天"),
    }
    return str(known.get(problem) or _("这样不行，改一改"))
