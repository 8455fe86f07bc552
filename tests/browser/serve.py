"""`python -m tests.browser.serve FOLDER MOMENT PORT`: Guicheng on a data folder, as if it had been started at a moment.

Prepares an empty folder with the demo company and its work under way, prints its address (port 0: any) when it answers,
and serves, with the worker, until it is killed.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from argon2 import PasswordHasher
from waitress.server import create_server

from engine.staff import identity
from engine.worker import Worker
from tests.databases import SECRET
from web import create_app
from web.__main__ import prepare
from web.config import Config

HOST = "127.0.0.1"
THREADS = 4


def main(folder: str, moment: str, port: str) -> None:
    # Strong hashing would take most of the time of signing in.
    identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    ahead = dt.datetime.fromisoformat(moment) - dt.datetime.now(dt.UTC)
    home = Path(folder)
    config = Config(
        home=home,
        database_url=f"sqlite:///{home / 'guicheng.sqlite'}",
        public_url=f"http://{HOST}:{port}",
        secret=SECRET,
        clock=lambda: dt.datetime.now(dt.UTC) + ahead,
    )
    engine = prepare(config)
    app = create_app(config)
    app.extensions["guicheng"].on_work(engine.wake)
    server = create_server(app, host=HOST, port=int(port), threads=THREADS)
    Worker(engine).start()
    print(f"http://{HOST}:{server.effective_port}", flush=True)  # noqa: T201 - whoever started it reads it
    server.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
