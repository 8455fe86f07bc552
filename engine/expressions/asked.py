"""Values that are found out only when an expression names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Asked:
    """A value among the variables of an expression that costs something: asked for when the text has its name.

    What it gives is JSON data, as it is at that moment; nothing is remembered.
    """

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find

    def __call__(self) -> Any:
        """Find the value out."""
        return self._find()
