"""Measures one command against its budget."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import BudgetExceeded
from engine.runtime.context import Budget

WRITES = 8  # a command may write this many times the bytes it may keep
NAMED = 10


@dataclass(slots=True)
class Meter:
    """Steps, time and bytes since the command began. Raises BudgetExceeded naming the elements that ran most often."""

    budget: Budget
    started: float = field(default_factory=time.monotonic)
    steps: Counter[str] = field(default_factory=Counter)
    total: int = 0
    written: int = 0

    def count_step(self, element_id: str) -> None:
        """One automatic step at this element."""
        self.steps[element_id] += 1
        self.total += 1
        if self.total > self.budget.steps or time.monotonic() - self.started > self.budget.seconds:
            self.exceed()

    def count_values(self, values: Mapping[str, Any]) -> None:
        """Values that an expression made."""
        if any(isinstance(value, str | list | dict) for value in values.values()):
            self.written += len(json.dumps(values))
            if self.written > WRITES * self.budget.bytes:
                self.exceed()

    def check_size(self, size: int) -> None:
        """The bytes that the instance would keep."""
        if size > self.budget.bytes:
            self.exceed()

    def exceed(self) -> None:
        """Give up."""
        element_ids = [element_id for element_id, _ in self.steps.most_common(NAMED)]
        raise BudgetExceeded(elements=", ".join(element_ids), element_ids=element_ids)
