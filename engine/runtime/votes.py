"""How many signers decide together: the `vote` of a multi-instance user task. Pure functions of counts.

Properties of the element: `vote` (all, any, ratio, count), `passRatio` (0.6 or 60%, of all signers), `passCount`,
`rejectCount` (so many rejections decide), `veto` (true, or the roles whose one rejection decides).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

APPROVE, REJECT, ABSTAIN = "approve", "reject", "abstain"
APPROVALS = frozenset({APPROVE, "conditional"})
KINDS = ("all", "any", "ratio", "count")
PROPERTIES = frozenset({"vote", "passRatio", "passCount", "rejectCount", "veto"})
_RATIO = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*(%?)", re.ASCII)
_COUNT = re.compile(r"[1-9]\d{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been said so far, of `total` signers."""

    approve: int
    reject: int
    abstain: int
    total: int
    vetoed: bool = False

    @property
    def open(self) -> int:
        """How many have not said anything yet."""
        return self.total - self.approve - self.reject - self.abstain


@dataclass(frozen=True, slots=True)
class Vote:
    """The rule of one element; `veto` are the roles that have one, empty for none, `*` for everybody."""

    kind: str
    ratio: Decimal | None = None
    passes: int | None = None
    rejects: int | None = None
    veto: frozenset[str] = frozenset()

    @classmethod
    def read(cls, properties: Mapping[str, str]) -> Vote | None:
        """The rule the properties state, None without `vote`. Raises ValueError saying what is wrong."""
        kind = properties.get("vote")
        if kind is None:
            if stray := sorted(PROPERTIES & properties.keys()):
                raise ValueError(f"{stray[0]} without vote")
            return None
        if kind not in KINDS:
            raise ValueError(f"vote = {kind} is none of {', '.join(KINDS)}")
        vote = cls(
            kind,
            _ratio(properties.get("passRatio")),
            _count("passCount", properties.get("passCount")),
            _count("rejectCount", properties.get("rejectCount")),
            _veto(properties.get("veto", "")),
        )
        if (vote.ratio is None) == (kind == "ratio") or (vote.passes is None) == (kind == "count"):
            raise ValueError(
                "ratio needs passRatio, count needs passCount, and no other vote has one"
            )
        return vote

    def decide(self, tally: Tally) -> str | None:
        """Approve or reject as soon as nothing said later could change it, None before."""
        if tally.vetoed or (self.rejects is not None and tally.reject >= self.rejects):
            return REJECT
        if self.kind == "any":
            return self._any(tally)
        if self.kind == "all":
            if tally.reject:
                return REJECT
            return None if tally.open else (APPROVE if tally.approve else REJECT)
        needed = self._needed(tally.total)
        if tally.approve >= needed:
            return APPROVE
        return REJECT if tally.approve + tally.open < needed else None

    def _any(self, tally: Tally) -> str | None:
        if tally.approve:
            return APPROVE
        decided = tally.reject and self.rejects is None
        return REJECT if decided or not tally.open else None

    def _needed(self, total: int) -> int:
        if self.passes is not None:
            return self.passes
        share = (self.ratio or Decimal(1)) * total
        return max(1, int(share.to_integral_value(rounding=ROUND_CEILING)))


def _ratio(text: str | None) -> Decimal | None:
    if text is None:
        return None
    found = _RATIO.fullmatch(text.strip())
    value = Decimal(found[1]) / (100 if found[2] else 1) if found else Decimal(0)
    if not 0 < value <= 1:
        raise ValueError(f"passRatio = {text} is no share such as 0.6 or 60%")
    return value


def _count(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _COUNT.fullmatch(text.strip()):
        raise ValueError(f"{name} = {text} is no number of people")
    return int(text)


def _veto(text: str) -> frozenset[str]:
    if text.strip() in ("", "false"):
        return frozenset()
    if text.strip() == "true":
        return frozenset({"*"})
    return frozenset(part.strip() for part in text.split(",") if part.strip())
