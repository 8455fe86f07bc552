"""Chinese names as they are typed on a Latin keyboard."""

from __future__ import annotations

import unicodedata

# Surnames that are read differently from the same character elsewhere.
SURNAMES = {
    "尉迟": ["yu", "chi"],
    "万俟": ["mo", "qi"],
    "曾": ["zeng"],
    "单": ["shan"],
    "区": ["ou"],
    "解": ["xie"],
    "仇": ["qiu"],
    "查": ["zha"],
    "盖": ["ge"],
    "朴": ["piao"],
    "覃": ["qin"],
    "翟": ["zhai"],
    "乐": ["yue"],
    "种": ["chong"],
    "员": ["yun"],
    "繁": ["po"],
    "秘": ["bi"],
    "召": ["shao"],
    "缪": ["miao"],
}


def spell(name: str, *, person: bool = True) -> tuple[str, str]:
    """Give a name's full pinyin and its initials, lower case and without spaces: 李小山 → lixiaoshan, lxs.

    Latin letters stay; of Latin words the initials are their first letters. A person's surname is read as a surname.
    """
    from pypinyin import lazy_pinyin

    surname = next((s for s in SURNAMES if person and name.startswith(s)), "")
    syllables = SURNAMES.get(surname, []) + lazy_pinyin(name[len(surname) :])
    words = [word for syllable in syllables for word in _plain(syllable).split()]
    return "".join(words)[:255], "".join(word[0] for word in words)[:255]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).lower()
    return "".join(c if c.isascii() and c.isalnum() else " " for c in folded)
