"""Keys: unique over all processes of an installation, ordered by time, exact as doubles (53 bits)."""

from __future__ import annotations

import threading
import time

EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
NODE_BITS = 6
SEQUENCE_BITS = 7
EXACT_BITS = 53


def is_key(number: int) -> bool:
    """Whether a number can be a key at all; larger ones must not reach the database."""
    return 0 <= number < 1 << 63


class KeyGenerator:
    """Makes keys of 40 bits of milliseconds, 6 bits of node and 7 bits of sequence.

    Two live processes must not share a `node`. More than 128 keys in a millisecond borrow from the next one. All keys are
    greater than `after`, the latest of an earlier process, though the clock may have been set back since.
    """

    def __init__(self, node: int, after: int = 0) -> None:
        self._node = node % (1 << NODE_BITS)
        # A key from beyond 53 bits was made by a clock that was wrong by decades; it must not set the measure.
        known = after if after < 1 << EXACT_BITS else 0
        self._last = ((known >> (NODE_BITS + SEQUENCE_BITS)) + 1) << SEQUENCE_BITS
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """Give the next key; it is greater than every one this generator gave before."""
        tick = (time.time_ns() // 1_000_000 - EPOCH_MS) << SEQUENCE_BITS
        with self._lock:
            self._last = max(tick, self._last + 1)
            milliseconds, sequence = divmod(self._last, 1 << SEQUENCE_BITS)
        return (milliseconds << NODE_BITS | self._node) << SEQUENCE_BITS | sequence
