"""Starting very many instances, as the dunning run of all sites does: two processes, several starts per transaction."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from engine import instances
from engine.deployment import definitions
from engine.engine import Engine
from engine.store import database
from tests.bench import servers
from tests.bench.measures import prepare
from tests.world import World

PROCESSES, BATCH = 2, 20


def measure(folder: Path, starts: int) -> dict[str, float]:
    """Give how many instances per second two processes start on PostgreSQL; `starts` of them are a sample of 120,000."""
    with servers.postgresql(folder) as server:
        bind = server.create("starts")
        prepare(bind, folder)
        url = bind.url.render_as_string(hide_password=False)
        bind.dispose()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(PROCESSES, context) as pool:
            _run(pool, url, folder, BATCH)  # loads the code and fills the caches
            began = time.perf_counter()
            _run(pool, url, folder, starts // PROCESSES)
            took = time.perf_counter() - began
    return {"starts_per_second": round(starts / took, 1), "starts_sampled": starts}


def _run(pool: ProcessPoolExecutor, url: str, folder: Path, starts: int) -> None:
    for each in [pool.submit(_start, url, str(folder), starts) for _ in range(PROCESSES)]:
        each.result()


def _start(url: str, folder: str, starts: int) -> None:
    bind = database.connect(url)
    world = World(Engine(bind, home=Path(folder), secret=b"bench"))
    actor, site = world.actor("clerk"), world.site()
    for first in range(0, starts, BATCH):
        with world.engine.begin(actor) as command:
            definition = definitions.latest(world.engine, command.session, "approval")
            for _ in range(min(BATCH, starts - first)):
                instances.start(command, definition, site, {})
    bind.dispose()
