"""Numbers that have rules of their own: telephones, identity cards, passports."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

from engine.forms import errors

_MOBILE: Final = re.compile(r"(?:\+?86)?(1\d*)", re.ASCII)
_PHONE: Final = re.compile(
    r"(?:\+?86)?(?:1[3-9]\d{9}|(?:0\d{2,3}-?)?[2-8]\d{6,7}(?:-\d{1,6})?|[48]00-?\d{3}-?\d{4}|9[56]\d{3,6}|1[012]\d{1,3})"
    r"|\+(?!86)\d{7,15}",
    re.ASCII,
)
_ID: Final = re.compile(r"\d{17}[\dX]", re.ASCII)
_ALMOST_ID: Final = re.compile(r"\d{13,}[\dX]", re.ASCII)
_TRAVEL: Final = re.compile(r"(?=.*\d)[A-Z0-9()-]{6,20}", re.ASCII)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_MOBILE_DIGITS: Final = 11
_ID_CHARACTERS: Final = 18


def check_phone(text: str) -> str:
    """Read a telephone number: mobile, landline with or without area code and extension, service number, foreign with `+`.

    Returns it without blanks. Raises MobileLength or NotAPhone.
    """
    phone = re.sub(r"[\s().]", "", unicodedata.normalize("NFKC", text)).replace("—", "-")
    if _PHONE.fullmatch(phone):
        return phone
    mobile = _MOBILE.fullmatch(phone.replace("-", ""))
    if mobile and re.match("1[3-9]", mobile.group(1)):
        if len(mobile.group(1)) == _MOBILE_DIGITS:
            return phone.replace("-", "")
        raise errors.MobileLength(expected=_MOBILE_DIGITS, length=len(mobile.group(1)))
    raise errors.NotAPhone


def check_id_number(text: str) -> str:
    """Read a number of the resident identity card (GB 11643: 18 characters, real birthday, check character).

    Returns it without blanks, X in upper case. Raises IdNumberLength or IdNumberInvalid.
    """
    number = _plain(text)
    if len(number) != _ID_CHARACTERS:
        raise errors.IdNumberLength(expected=_ID_CHARACTERS, length=len(number))
    if not (_ID.fullmatch(number) and _born(number) and number[-1] == check_character(number)):
        raise errors.IdNumberInvalid
    return number


def check_document(text: str) -> str:
    """Read an identity card number, or that of a passport or travel permit (6 to 20 letters and digits).

    What looks like an identity card is judged as one. Raises as `check_id_number`, or NotADocumentNumber.
    """
    number = _plain(text)
    if _ALMOST_ID.fullmatch(number):
        return check_id_number(number)
    if not _TRAVEL.fullmatch(number):
        raise errors.NotADocumentNumber
    return number


def check_character(number: str) -> str:
    """Compute the last character of an identity card number from its first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11]


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def _born(number: str) -> bool:
    try:
        day = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return day.year >= 1850  # noqa: PLR2004 - nobody alive is older
