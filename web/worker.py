"""The Celery application: `celery -A web.worker worker --beat` does what is due, on any number of machines.

Every worker may send itself the regular “look” (`--beat`): looking twice is harmless, and no single scheduler can be missed.
"""

from __future__ import annotations

from functools import cache

from celery.signals import worker_process_init

from engine import worker
from engine.engine import Engine
from engine.store import database
from web import broker
from web.config import Config

config = Config.from_environment()
app = broker.connect(config.broker_url)


@cache
def _engine() -> Engine:
    bind = database.connect(config.database_url, pool_pre_ping=True)
    return Engine(bind, home=config.home, secret=config.secret, clock=config.clock)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _forget_parent(**_: object) -> None:
    """Make the child its own engine: connections and V8 do not survive a fork."""
    _engine.cache_clear()


@app.task(name=broker.RUN_DUE)  # type: ignore[untyped-decorator]
def run_due() -> int:
    """Do everything that is due; give how many units were done."""
    return worker.run_due(_engine())


@app.task(name=broker.SWEEP)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Do what has to be done now and then."""
    worker.sweep(_engine())
