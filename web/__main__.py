"""`python -m web`: bring everything up, serve, and work on what is due, until stopped."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

from waitress.server import create_server

from engine import demo
from engine.demo import people
from engine.deployment import library
from engine.engine import Engine
from engine.store import database, schema
from engine.worker import Worker
from web import create_app
from web.config import Config

HOST = "127.0.0.1"
THREADS = 8


def main() -> None:
    """Prepare the data folder, then serve until SIGINT or SIGTERM."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    config = Config.from_environment()
    listener = _listen(os.environ.get("HOST", HOST), int(os.environ.get("PORT", "8000")))
    engine = prepare(config)
    app = create_app(config)
    worker = Worker(engine)
    server = create_server(app, sockets=[listener], threads=THREADS)
    app.extensions["guicheng"].on_work(engine.wake)
    worker.start()
    _welcome(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        server.run()
    finally:
        print("stopping …", flush=True)
        worker.stop()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before the long work begins, so that a busy one is told at once."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        raise SystemExit(
            f"{host}:{port} cannot be used ({error.strerror}); choose another PORT"
        ) from error
    return listener


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def prepare(config: Config) -> Engine:
    """Bring the data folder up to date and say what is done; quick when nothing is to do."""
    bind = database.connect(config.database_url)
    engine = Engine(bind, home=config.home, secret=config.secret, clock=config.clock)
    _step("database", lambda: schema.upgrade(bind))
    _step("procedures", lambda: library.deploy_shipped(engine))
    _step("demo company", lambda: demo.load(engine))
    _step("demo work", lambda: demo.begin_work(engine))
    return engine


def _step(name: str, act: Callable[[], object]) -> None:
    started = time.monotonic()
    print(f"  {name} …", end="", flush=True)
    act()
    print(f" done ({time.monotonic() - started:.1f} s)", flush=True)


def _welcome(config: Config) -> None:
    print(f"\nGuicheng 规程  {config.public_url}\n")
    print(
        f"  demo accounts, password {people.PASSWORD}; with a 2 behind the name at the second site:"
    )
    for person in people.STAFF:
        print(f"  {person.username:<13} {person.role:<24} {person.name}")
    print("\nCtrl+C stops; everything is kept in", config.home, flush=True)


if __name__ == "__main__":
    main()
