"""Limits and settings changed, and with them at once the timers that start processes by their values.

Instances that run keep the values they started with until they are recalculated.
"""

from __future__ import annotations

from typing import Any

from engine.engine import Command
from engine.events import start_events
from engine.models.identity import Site
from engine.policy import limits, settings


def limit(command: Command, key: str, site: Site | None, value: Any) -> None:
    """Change a limit as `limits.change` does. Raises Rejected too when a process could not be started by the new value."""
    limits.change(command, key, site, value)
    start_events.reschedule(command, key, site)


def setting(command: Command, key: str, site: Site | None, value: Any) -> None:
    """Change a setting as `settings.change` does. Raises Rejected too when a process could not be started by the new value."""
    settings.change(command, key, site, value)
    start_events.reschedule(command, key, site)
