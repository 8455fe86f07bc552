"""FEEL expressions and decision tables, evaluated in a V8 isolate that sees nothing but JSON.

`feel()` is the process's interpreter; `feel.js` is the part inside the isolate, bundled to `feel.bundle.js`.
"""

from __future__ import annotations

from .asked import Asked
from .interpreter import Feel, Model
from .results import Decided, Evaluated, Match, Mention, Result

__all__ = ["Asked", "Decided", "Evaluated", "Feel", "Match", "Mention", "Model", "Result", "feel"]

_shared = Feel()


def feel() -> Feel:
    """The interpreter that the whole process shares; threads take turns, a forked child gets its own isolate."""
    return _shared
