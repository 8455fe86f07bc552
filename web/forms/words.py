"""What the application says at fields: messages that name the cure, numerals of sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from web.errors import words as said

if TYPE_CHECKING:
    from engine.errors import EngineError

_MESSAGES: Final = {
    "required": _("请填写"),
    "malformed": _("内容的格式不对，请重新填写"),
    "bad_characters": _("有不能保存的字符，请删去后重新输入"),
    "too_long": _("最多 %(limit)s 个字，现在 %(length)s 个"),
    "too_short": _("至少 %(limit)s 个字，现在 %(length)s 个"),
    "pattern_mismatch": _("格式不对，请对照说明修改"),
    "not_a_number": _("应为数字"),
    "too_many_decimals": _("最多 %(limit)s 位小数"),
    "too_small": _("不能小于 %(limit)s"),
    "too_large": _("不能大于 %(limit)s"),
    "not_an_amount": _("应为金额，例如 1,234.50"),
    "not_a_date": _("应为日期，例如 2026-11-20"),
    "not_a_time": _("应为时间，例如 10:42"),
    "not_a_datetime": _("应为日期和时间，例如 2026-11-20 10:42"),
    "date_passed": _("不能早于今天"),
    "too_early": _("不能早于 %(limit)s"),
    "too_late": _("不能晚于 %(limit)s"),
    "date_ahead": _("已经发生的事，不能晚于现在"),
    "not_an_email": _("应为邮箱地址，例如 name@example.com"),
    "not_a_phone": _("应为电话号码，例如 138 0000 1201 或 0755-12345678"),
    "mobile_length": _("手机号应为 %(expected)s 位，现在 %(length)s 位"),
    "id_number_length": _("应为 %(expected)s 位，现在 %(length)s 位。请对照证件补全。"),
    "id_number_invalid": _("没有这个身份证号码，请对照证件核对"),
    "not_a_document_number": _("应为身份证、护照或通行证号码"),
    "not_an_option": _("请从列出的选项中选择"),
    "too_many_items": _("最多 %(limit)s 项"),
    "too_few_items": _("至少 %(limit)s 项"),
    "unknown_unit": _("本项目没有房号“%(value)s”，请从提示中选择"),
    "unknown_person": _("本项目没有“%(value)s”这个人，请从提示中选择"),
    "unknown_attachment": _("找不到上传的文件，请重新上传"),
    "document_original_missing": _("请验看原件，或拍照代替"),
    "document_copy_missing": _("请收复印件，或拍照代替"),
    "field_invalid": _("请检查这一项"),
}
HINTED: Final = {"pattern_mismatch": "pattern", "rule_violated": "valid"}
"""What the form itself says in its own words, and under which name its texts translate them."""
_CHOOSE: Final = _("请选择")
_REQUIRED: Final = {
    "checkbox": _("请勾选"),
    "select": _CHOOSE,
    "radio": _CHOOSE,
    "checklist": _CHOOSE,
    "taglist": _CHOOSE,
    "signature": _("请签名；也可上传纸质签名照片。"),
    "photo": _("请拍照或选图"),
    "filepicker": _("请选择文件"),
    "dynamiclist": _("请至少填一行"),
}
_DIGITS: Final = "一二三四五六七八九"


def words(error: EngineError, kind: str = "") -> str:
    """Say in the reader's language what is wrong with a field; `kind` is the type of its component."""
    if error.code == "required" and kind in _REQUIRED:
        return str(_REQUIRED[kind])
    if error.code in HINTED and error.params.get("hint"):
        return str(error.params["hint"])
    if error.code == "too_many_decimals" and not error.params.get("limit"):
        return str(gettext("应为整数"))
    if error.code not in _MESSAGES:
        return said(error)
    text = str(_MESSAGES[error.code])
    return text % error.params if error.params else text


def numeral(number: int, locale: str) -> str:
    """Number a section as the regulations do: 一, 二 … 十一; plain figures in other languages."""
    if not locale.startswith("zh") or not 0 < number < 100:  # noqa: PLR2004 - no form has so many sections
        return str(number)
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _DIGITS[tens - 1]) + "十" if tens else ""
    return head + (_DIGITS[ones - 1] if ones else "")


def row_name(number: int) -> str:
    """Name a row of a list for people, who count from 1."""
    return str(gettext("第 %(number)s 行", number=number + 1))
