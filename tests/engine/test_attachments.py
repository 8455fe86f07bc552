"""Uploads: judged by content, kept under their digest, seen and used only by those who may."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine import attachments
from engine.attachments import MAX_BYTES, UploadRejected
from engine.errors import NotAllowed, NotFound
from engine.models.task import Attachment
from engine.staff.access import SYSTEM
from engine.submissions import Place, Resolver
from tests.diagrams import chain, process, user_task
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
JPEG = b"\xff\xd8\xff\xe0" + bytes(32)
WEBP = b"RIFF\x20\x00\x00\x00WEBPVP8 " + bytes(32)
TOO_LARGE = "9" * 30
PDF = b"%PDF-1.7\n" + bytes(32)


def store(
    world: World, content: bytes = PNG, name: str = "a.png", *, by: str = "clerk",
    site: str = "north", kind: str = "photo",
) -> Attachment:  # fmt: skip
    with world.engine.begin(world.actor(by)) as command:
        return attachments.store(command, world.site(site).id, content, name, kind=kind)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp"), (PDF, "application/pdf")],
)
def test_a_file_is_what_its_first_bytes_say(world: World, data: bytes, media_type: str) -> None:
    kept = store(world, data, "whatever.exe", kind="document")
    assert (kept.media_type, kept.size) == (media_type, len(data))
    assert attachments.path_of(world.engine, kept).read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<html><script>alert(1)</script>", id="a page"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="a drawing with scripts"),
        pytest.param(b"MZ" + bytes(64), id="a program"),
        pytest.param(b"PK\x03\x04" + bytes(64), id="an archive"),
        pytest.param(b"GIF89a" + bytes(32), id="a moving picture"),
        pytest.param(b"plain text", id="text"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x89PN", id="half a beginning"),
    ],
)
def test_a_file_is_refused_whatever_it_is_called(world: World, data: bytes) -> None:
    with pytest.raises(UploadRejected):
        store(world, data, "photo.png")
    assert not list((world.engine.home / "attachments").glob("**/*"))


def test_a_file_has_at_most_ten_megabytes(world: World) -> None:
    assert store(world, PNG.ljust(MAX_BYTES, b"\0")).size == 10 * 1024 * 1024
    with pytest.raises(UploadRejected):
        store(world, PNG.ljust(MAX_BYTES + 1, b"\0"))


def test_a_document_is_no_signature(world: World) -> None:
    assert store(world, kind="signature").kind == "signature"
    with pytest.raises(UploadRejected):
        store(world, PDF, kind="signature")
    with pytest.raises(UploadRejected):
        store(world, kind="program")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/etc/shadow", "shadow"),
        ("C:\\照片\\门牌.png", "门牌.png"),
        ("", "photo.png"),
        ("/", "photo.png"),
        ("门" * 300 + ".png", "门" * 255),
    ],
)
def test_a_name_is_only_a_name(world: World, name: str, kept: str) -> None:
    found = store(world, name=name)
    assert found.filename == kept
    path = attachments.path_of(world.engine, found)
    assert path.name == hashlib.sha256(PNG).hexdigest()
    assert world.engine.home / "attachments" in path.parents
    assert store(world, name="again.png").digest == found.digest


@pytest.mark.parametrize("name", ["a\0b.png", "a\ud800b.png", "a\r\nb.png"])
def test_a_name_that_no_file_can_have_does_no_harm(world: World, name: str) -> None:
    kept = store(world, name=name)
    assert kept.filename.isprintable()


def test_two_people_may_upload_the_same_file_at_the_same_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, theirs = Path.replace, []

    def meanwhile(part: Path, target: Path) -> Path:
        monkeypatch.undo()
        theirs.append(store(world, by="assistant"))
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", meanwhile)
    mine = store(world, by="clerk")
    assert [mine.digest] == [one.digest for one in theirs]
    assert attachments.path_of(world.engine, mine).read_bytes() == PNG


def test_nobody_uploads_at_anothers_site_nor_does_the_system(world: World) -> None:
    with pytest.raises(NotAllowed):
        store(world, by="stranger", site="north")
    with pytest.raises(NotAllowed), world.engine.begin(SYSTEM) as command:
        attachments.store(command, world.site().id, PNG, "a.png")


def test_another_site_does_not_see_that_there_is_a_file(world: World) -> None:
    kept = store(world)
    with world.engine.read() as session:
        assert attachments.get(session, world.actor("assistant"), kept.key).key == kept.key
        for key in (kept.key, 1):
            with pytest.raises(NotFound) as refusal:
                attachments.get(session, world.actor("stranger"), key)
            assert refusal.value.params == {"noun": "attachment", "key": key}


def known(
    world: World, key: str, *, by: str, site: str = "north", instance: int | None = None
) -> bool:
    place = Place(world.site(site).id, "Asia/Shanghai", instance)
    with world.engine.begin(world.actor(by)) as command:
        return Resolver(command, place).attachment(key)


def test_a_form_takes_ones_own_uploads_and_not_those_of_others(world: World) -> None:
    key = str(store(world, by="clerk").key)
    assert known(world, key, by="clerk")
    assert not known(world, key, by="assistant")
    assert not known(world, key, by="root")
    assert not known(world, key, by="root", site="south")


def test_a_form_takes_what_its_instance_has_and_nothing_of_another(world: World) -> None:
    world.deploy({"p.bpmn": process(user_task("work") + chain("s", "work", "e"))})
    ours, other = world.start("p"), world.start("p")
    with world.engine.begin(world.actor("clerk")) as command:
        kept = attachments.store(command, world.site().id, PNG, "a.png", instance_key=ours.key)
    assert known(world, str(kept.key), by="assistant", instance=ours.key)
    assert not known(world, str(kept.key), by="assistant", instance=other.key)
    assert not known(world, str(kept.key), by="clerk", instance=other.key)
    assert not known(world, str(kept.key), by="clerk")


@pytest.mark.parametrize("key", ["", "-1", "1.5", "0x10", "abc", "1 or 1=1", "²", "0", TOO_LARGE])
def test_a_form_does_not_take_what_is_no_key(world: World, key: str) -> None:
    store(world)
    assert not known(world, key, by="clerk")
