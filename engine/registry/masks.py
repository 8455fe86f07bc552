"""Personal data as lists and logs may show it."""

from __future__ import annotations


def mask_phone(phone: str) -> str:
    """Keep the first three and the last four digits: 138****0001; shorter numbers keep their last two."""
    if len(phone) >= 11:  # noqa: PLR2004 - a mobile number
        return f"{phone[:-8]}****{phone[-4:]}"
    return "*" * max(len(phone) - 2, 0) + phone[-2:] if phone else ""


def mask_id(number: str) -> str:
    """Keep the first three and the last two characters of an identity or licence number."""
    kept = 5
    if len(number) <= kept:
        return "*" * len(number)
    return f"{number[:3]}{'*' * (len(number) - kept)}{number[-2:]}"


def mask_name(name: str, *, company: bool = False) -> str:
    """Keep a person's first character (陈**), and of a name in Latin letters the initials; companies are public."""
    if company or not name:
        return name
    if name.isascii():
        return " ".join(f"{part[0]}." for part in name.split())
    return name[0] + "*" * (len(name) - 1)
