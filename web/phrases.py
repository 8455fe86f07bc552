"""What processes write into their data in Chinese — summaries, notices, names of documents — said in another language.

A bundle has such a text under one key in both of its languages; `{…}` in it stands for what the process fills in:
`"phrases.overdue": "单元 {unit} 的缺陷已超期"` in `zh.json`, `"Defects of {unit} are overdue"` in `en.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

KINDS: Final = ("phrases.", "documents.", "fees.", "procedures.")
LONGEST: Final = 1_000
_HOLE: Final = re.compile(r"\{(\w+)\}")


class _Pattern(NamedTuple):
    shape: re.Pattern[str]
    holes: tuple[str, ...]
    said: str


class Phrasebook:
    """Recognises the Chinese texts of a bundle and says them as its other texts do."""

    def __init__(self, chinese: Mapping[str, str], other: Mapping[str, str]) -> None:
        """Pair the texts of the kinds that stand in data, by key."""
        pairs = {
            text: other[key]
            for key, text in chinese.items()
            if key.startswith(KINDS) and other.get(key)
        }
        self._whole = {text: said for text, said in pairs.items() if not _HOLE.search(text)}
        self._patterns = tuple(_patterns(pairs))

    def say(self, text: str) -> str:
        """Give the text in the other language; what the bundle does not know stays as it is.

        Of a list (甲、乙) each part is said, and so is what fills a text.
        """
        if text in self._whole or len(text) > LONGEST:
            return self._whole.get(text, text)
        for pattern in self._patterns:
            if found := pattern.shape.fullmatch(text):
                return self._filled(pattern, found.groups())
        parts = text.split("、")
        known = any(part in self._whole for part in parts)
        return ", ".join(map(self.say, parts)) if known and len(parts) > 1 else text

    def _filled(self, pattern: _Pattern, parts: Sequence[str]) -> str:
        filled = dict(zip(pattern.holes, map(self.say, parts), strict=True))
        return _HOLE.sub(lambda hole: filled.get(hole[1], ""), pattern.said)


def _patterns(pairs: Mapping[str, str]) -> Iterator[_Pattern]:
    """Give the texts with something to fill in, those that say most themselves first."""
    for text in sorted(pairs, key=lambda one: -len(_HOLE.sub("", one))):
        literals = _HOLE.split(text)[::2]
        if len(literals) > 1 and any(literals):
            shape = "(.+?)".join(map(re.escape, literals))
            yield _Pattern(re.compile(shape, re.DOTALL), tuple(_HOLE.findall(text)), pairs[text])
