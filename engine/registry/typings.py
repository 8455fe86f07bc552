"""What people type when they mean a unit: 3-2-1201, 3栋2单元1201, 3栋1201, A1205, A座12层1205, s1-08, 1201."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DASHES = re.compile(r"[‐-―−_/·.、~,]+|\s+")
_WORDS = re.compile(r"号楼|单元|[栋幢座#门]|(?<=[层楼])(?=\d)")
_ENDINGS = re.compile(r"[室房号]$")
_FLOOR = re.compile(r"(?:(?<=-)|^)(?:B?\d{1,2})[层楼F]-?")
_PHASE = re.compile(r"^[0-9一二三四五六七八九十]{1,2}期-?")
_LETTERED = re.compile(r"([A-Z]\d?)(\d{2,4}[A-Z]?)")
_ROOM = re.compile(r"\d{1,4}[A-Z]?")
LONGEST = 32


@dataclass(frozen=True)
class Place:
    """One reading of what was typed; empty parts are unknown."""

    room: str
    building: str = ""
    entrance: str = ""


def canonical(text: str) -> str:
    """Turn a typed unit number into upper-case parts joined by single dashes: `3栋2单元1201室` becomes 3-2-1201."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).upper().strip()
    text = _PHASE.sub("", _DASHES.sub("-", text))
    text = _ENDINGS.sub("", _WORDS.sub("-", text))
    return re.sub("-+", "-", _floorless(text)).strip("-")


def _floorless(text: str) -> str:
    found = _FLOOR.search(text)
    if found is None:
        return text
    floor = re.sub(r"\D", "", found[0])
    rest = text[found.end() :].lstrip("-")
    room = floor + rest if len(rest) in (0, 2) else rest
    return text[: found.start()] + room


def places(text: str) -> list[Place]:
    """Give every reading of a typed unit number, the likeliest first; none when it can be no unit."""
    parts = canonical(text).split("-")
    if len(parts) > 1 and _is_range(parts[-2], parts[-1]):
        parts.pop()  # the second half of a merged unit: 1801-1802
    match parts:
        case [room]:
            return _single(room)
        case [building, room] if _is_room(room):
            return [Place(room.zfill(2), building)]
        case [building, entrance, room] if _is_room(room):
            return [Place(room.zfill(2), building, entrance)]
    return []


def _single(text: str) -> list[Place]:
    if _is_room(text) and len(text) > 1:
        return [Place(text)]
    if not _LETTERED.fullmatch(text):
        return []
    splits = [(text[:cut], text[cut:]) for cut in (1, 2)]
    return [Place(room, code) for code, room in splits if _is_room(room) and len(room) > 1]


def _is_room(text: str) -> bool:
    return bool(_ROOM.fullmatch(text))


def _is_range(first: str, second: str) -> bool:
    floor, room = second[:-2], first[-2:]
    return bool(floor) and _is_room(second) and first.endswith(floor + room)
