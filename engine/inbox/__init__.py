"""The inbox: lists of tasks and instances for one person, and how much they hold.

Every list is read by key set, never by offset, along the partial indexes of `user_task`, so that a page costs the same
whether a thousand or a million tasks are open.
"""

from engine.inbox.counts import MOST, Count, counts, overdue
from engine.inbox.lists import (
    CopyRow,
    InstanceRow,
    Page,
    TaskRow,
    awaited,
    claimable,
    copied,
    done,
    mine,
    next_own_task,
    open_tasks_of,
    started,
)
from engine.inbox.ranges import Filter

__all__ = [
    "MOST",
    "CopyRow",
    "Count",
    "Filter",
    "InstanceRow",
    "Page",
    "TaskRow",
    "awaited",
    "claimable",
    "copied",
    "counts",
    "done",
    "mine",
    "next_own_task",
    "open_tasks_of",
    "overdue",
    "started",
]
