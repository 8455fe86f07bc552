"""Amounts of money: integer fen inside, yuan for people, Chinese capitals on receipts."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

LIMIT: Final = 10**14
"""Amounts stay below this many fen (one trillion yuan), exactly representable in FEEL."""

_YUAN: Final = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2})?", re.ASCII)
_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")
_GROUPS: Final = ("亿", "万", "")


def parse(text: str) -> int:
    """Read an amount in yuan ("1,234.5", "¥ 1234.50", full-width digits too) as fen.

    Raises ValueError for anything else, for more than two decimals and beyond LIMIT.
    """
    plain = re.sub(r"\s|^¥|元$", "", unicodedata.normalize("NFKC", text).strip())
    if len(plain) > 30 or not _YUAN.fullmatch(plain):  # noqa: PLR2004 - longer than any amount
        raise ValueError(text)
    whole, _, rest = plain.replace(",", "").partition(".")
    fen = int(whole + rest.ljust(2, "0"))
    if abs(fen) >= LIMIT:
        raise ValueError(text)
    return fen


def yuan(fen: int) -> str:
    """Write fen as yuan with thousands and two decimals: 123450 is "1,234.50"."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def capitals(fen: int) -> str:
    """Write fen in Chinese capitals as receipts need them: 123450 is 壹仟贰佰叁拾肆元伍角整.

    Follows the annex of the 支付结算办法 (中国人民银行, 1997). Raises ValueError for negative amounts and beyond LIMIT.
    """
    if not 0 <= fen < LIMIT:
        raise ValueError(fen)
    whole, cents = divmod(fen, 100)
    if not fen:
        return "零元整"
    return (_whole(whole) + "元" if whole else "") + _cents(whole, *divmod(cents, 10))


def _cents(whole: int, jiao: int, fen: int) -> str:
    if not jiao and not fen:
        return "整"
    # A zero is read where a digit is skipped: 1,680.32 is …捌拾元零叁角贰分, 325.04 is …伍元零肆分.
    skipped = whole and (not jiao or whole % 10 == 0)
    text = "零" if skipped else ""
    text += f"{_DIGITS[jiao]}角" if jiao else ""
    return text + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    groups = [number // 10**8, number // 10**4 % 10**4, number % 10**4]
    texts = [
        _group(value) + name if value else "" for value, name in zip(groups, _GROUPS, strict=True)
    ]
    text = texts[0]
    for (before, after), part in zip(pairwise(groups), texts[1:], strict=True):
        gap = text and part and (after < 1000 or not before)  # noqa: PLR2004 - a group has four digits
        text += ("零" if gap else "") + part
    return text


def _group(number: int) -> str:
    digits = [int(digit) for digit in f"{number:04d}"]
    text = "".join(
        f"{_DIGITS[d]}{place}" if d else "零" for d, place in zip(digits, _PLACES, strict=True)
    )
    return re.sub("零+", "零", text).strip("零")
