"""A full disk: a clear error, nothing half-written, and everything works again once there is space."""

from __future__ import annotations

import errno
import io
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from engine import anchors, attachments, tasks, worker
from engine.engine import Engine
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.task import Attachment, UserTask
from engine.store import database
from tests.databases import SECRET
from tests.diagrams import chain, process, service_task, user_task
from tests.faults.invariants import broken, count
from tests.world import PASSWORD, World

TELL = service_task("tell", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="done"'})
STEP = {"p.bpmn": process(user_task("work") + TELL + chain("s", "work", "tell", "e"))}
PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 400_000
MEGABYTE = 1 << 20
LARGE = "资料" * 100_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB; skipped where nobody may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if not mount or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def ballast(disk: Path) -> Iterator[None]:
    """Fill the disk to the last byte while the block runs."""
    with (disk / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    yield
    (disk / "ballast").unlink()


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size while the block runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def upload(world: World, task: UserTask, content: bytes = PICTURE) -> None:
    with world.engine.begin(world.actor("assistant")) as command:
        attachments.store(
            command,
            task.site_id,
            content,
            "a.png",
            task_key=task.key,
            instance_key=task.instance_key,
        )
        tasks.complete(command, task.key, {"photo": "a"})


def start_many(world: World) -> None:
    for _ in range(100):
        world.start("p", {"large": LARGE})


def files(home: Path) -> list[Path]:
    return [one for one in (home / "attachments").glob("??/*") if one.is_file()]


@pytest.mark.sqlite
def test_on_a_full_disk_nothing_is_half_done_and_then_all_goes_on(
    world: World, disk: Path, database_url: str
) -> None:
    # given: the database and the files on a small disk
    world.deploy(STEP)
    started = world.start("p")
    world.engine.bind.dispose()
    shutil.copy(database_url.removeprefix("sqlite:///"), disk / "g.sqlite")
    bind = database.connect(f"sqlite:///{disk}/g.sqlite")
    small = World(Engine(bind, home=disk / "home", secret=SECRET, clock=world.engine.clock))
    assert len(small.open_tasks(started)) == 1
    small.start("p")
    task = small.open_tasks(started)[0]
    # when
    with ballast(disk):
        with pytest.raises(OSError, match="space"):
            upload(small, task)
        for _ in range(3):
            with pytest.raises(OperationalError, match=r"full|disk"):
                small.start("p", {"large": LARGE})
        with pytest.raises(OSError, match="space"):
            anchors.write(small.engine)
        # then
        assert files(disk / "home") == []
        assert not list((disk / "home" / anchors.FOLDER).glob(".*"))
        assert broken(small.engine) == []
        assert small.instance(started.key).version == world.instance(started.key).version
    # when: there is space again
    assert count(small.engine, ProcessInstance) == 2
    upload(small, task)
    worker.run_due(small.engine)
    assert small.instance(started.key).status == COMPLETED
    assert anchors.write(small.engine) is not None
    assert len(files(disk / "home")) == 1
    assert broken(small.engine) == []
    bind.dispose()


def test_an_upload_that_does_not_fit_leaves_no_file_and_no_row(world: World) -> None:
    world.deploy(STEP)
    started = world.start("p")
    task = world.task("work")
    path = attachments._path(world.engine, "ab" * 32)
    with small_files(100_000), pytest.raises(OSError) as caught:
        attachments._write(path, PICTURE)
    assert caught.value.errno == errno.EFBIG
    assert files(world.engine.home) == []
    assert count(world.engine, Attachment) == 0
    upload(world, task)
    assert len(files(world.engine.home)) == 1
    assert broken(world.engine) == []
    assert started.key


@pytest.mark.sqlite
def test_a_worker_that_cannot_write_loses_no_job(world: World) -> None:
    world.deploy(STEP)
    started = world.start("p")
    world.complete("work", {"large": LARGE})
    limits: list[int] = []

    @event.listens_for(world.engine.bind, "checkout")
    def limit(connection: object, *_: object) -> None:
        for pages in limits:
            connection.execute(f"PRAGMA max_page_count={pages}").close()  # type: ignore[attr-defined]

    limits.append(1)  # not one more than there are
    with pytest.raises(OperationalError, match="full"):
        start_many(world)
    with pytest.raises(OperationalError, match="full"):
        worker.run_due(world.engine)
    assert broken(world.engine) == []
    limits[:] = [1_000_000]
    world.engine.clock.forward(minutes=2)  # type: ignore[attr-defined]
    worker.run_due(world.engine)
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


@pytest.mark.sqlite
def test_the_page_says_that_nothing_was_stored(app: Flask, world: World) -> None:
    world.deploy(STEP)
    world.start("p")
    client = app.test_client()
    client.post("/login", data={"username": "assistant", "password": PASSWORD})
    task = world.task("work")
    with small_files(1):
        answer = client.post(
            f"/tasks/{task.key}/uploads",
            data={"file": (io.BytesIO(PICTURE), "a.png")},
            content_type="multipart/form-data",
        )
    assert answer.status_code == 503, answer.text[:300]
