"""Drafts: where they come from, what is kept, and two people on one."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import select

from engine.deployment import library
from engine.errors import NotAllowed, NotFound
from engine.models.studio import BundleDraft, DraftFile
from engine.studio import archives, drafts, intake, neighbours
from engine.studio.drafts import DraftChanged, Origin
from engine.studio.intake import FilesRefused
from tests.engine.studio.bundle import DRAWN, FILES
from tests.world import World

IMPORT = Origin("imported", "x.zip")


def create(world: World, files=FILES, family="checks", by="owner") -> BundleDraft:
    with world.engine.begin(world.actor(by)) as command:
        return drafts.create(command, family, files, IMPORT)


def save(world: World, draft, version, changes, by="owner"):
    with world.engine.begin(world.actor(by)) as command:
        return drafts.save(command, draft.key, version, changes)


def content(world: World, key: int, version=None) -> dict[str, bytes]:
    with world.engine.read() as session:
        return drafts.content(session, session.get_one(BundleDraft, key), version)


def test_a_draft_keeps_every_byte(world):
    odd = FILES | {"checking.bpmn": b"\xef\xbb\xbf" + DRAWN.replace(b"><", b">\r\n<")}
    draft = create(world, odd)
    assert content(world, draft.key) == odd
    assert archives.unpack(archives.pack(content(world, draft.key))) == odd


def test_a_draft_of_a_deployed_family_holds_what_was_deployed(world):
    world.deploy(FILES, family="checks")
    with world.engine.begin(world.actor("owner")) as command:
        draft = drafts.from_family(command, "checks")
    assert content(world, draft.key) == FILES
    assert draft.base_key is not None


def test_a_draft_of_a_family_nobody_deployed_holds_what_is_shipped(world):
    with world.engine.begin(world.actor("owner")) as command:
        draft = drafts.from_family(command, "common")
    assert content(world, draft.key) == library.files("common")
    with pytest.raises(NotFound), world.engine.begin(world.actor("owner")) as command:
        drafts.from_family(command, "nothing")


def test_only_process_owners_have_drafts(world):
    draft = create(world)
    for name in ("clerk", "root", "supervisor"):
        with pytest.raises(NotAllowed):
            create(world, by=name)
        with pytest.raises(NotAllowed):
            save(world, draft, 1, {"README.md": b"x"}, by=name)
        with world.engine.read() as session, pytest.raises(NotAllowed):
            drafts.every(session, world.actor(name))


def test_saves_files_and_removes_them(world):
    draft = create(world)
    saved = save(world, draft, 1, {"texts/en.json": None, "README.md": "说明".encode()})
    assert saved.version == 2
    assert content(world, draft.key).keys() == FILES.keys() - {"texts/en.json"} | {"README.md"}
    assert content(world, draft.key, 1) == FILES


def test_a_late_save_becomes_a_draft_of_its_own_and_both_are_kept(world):
    draft = create(world)
    save(world, draft, 1, {"README.md": b"first"})
    late = save(world, draft, 1, {"README.md": b"second", "texts/zh.json": b"{}"})
    assert isinstance(late, DraftChanged)
    assert late.changed == ["README.md"]
    assert content(world, draft.key)["README.md"] == b"first"
    assert content(world, late.copy.key) == FILES | {"README.md": b"second", "texts/zh.json": b"{}"}
    assert (late.copy.origin, late.copy.origin_key, late.copy.origin_version) == (
        "late",
        draft.key,
        1,
    )


def test_saving_late_twice_goes_into_the_same_copy(world):
    draft = create(world)
    save(world, draft, 1, {"README.md": b"first"})
    one = save(world, draft, 1, {"README.md": b"second"})
    two = save(world, draft, 1, {"README.md": b"third"})
    assert one.copy.key == two.copy.key
    assert content(world, two.copy.key)["README.md"] == b"third"


def test_what_only_old_saves_had_is_forgotten(world, monkeypatch):
    monkeypatch.setattr(drafts, "KEPT_SAVES", 3)
    draft = create(world)
    for version in range(1, 9):
        save(world, draft, version, {"README.md": b"%d" % version})
    with world.engine.read() as session:
        kept = session.scalars(select(DraftFile.version).where(DraftFile.path == "README.md")).all()
    assert sorted(kept) == [6, 7, 8, 9]
    assert content(world, draft.key) == FILES | {"README.md": b"8"}


def test_deleting_a_draft_leaves_nothing_of_it(world):
    draft = create(world)
    with world.engine.begin(world.actor("owner")) as command:
        drafts.discard(command, draft.key)
    with world.engine.read() as session:
        assert not session.scalars(select(DraftFile)).all()
        assert not session.scalars(select(BundleDraft)).all()


DEEP_JSON = b"[" * 50 + b"]" * 50
ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("a.bpmn", b"<a>" * 70 + b"</a>" * 70, "depth"),
        ("a.bpmn", ENTITY, "doctype"),
        ("a.dmn", ENTITY, "doctype"),
        ("a.bpmn", b"<?php x?><a/>", "processing_instruction"),
        ("a.bpmn", b"<a>", "xml"),
        ("a.bpmn", "<a>é</a>".encode("latin-1"), "encoding"),
        ("a.bpmn", b"<a " + b" ".join(b'b%d=""' % n for n in range(50)) + b"/>", "attribute_count"),
        ("forms/a.form", DEEP_JSON, "depth_json"),
        ("forms/a.form", b"[" * 100_000, "depth_json"),
        ("texts/en.json", b"{'a': 1}", "json"),
        ("texts/en.json", b'{"a": NaN}', "json"),
        ("README.md", b"x" * 1_000_001, "file_size"),
        ("README.md", b"a\x00b", "encoding"),
        ("../a.bpmn", b"<a/>", "file_name"),
        ("/a.bpmn", b"<a/>", "file_name"),
        ("a/b/c.bpmn", b"<a/>", "file_folder"),
        ("a.py", b"import os", "file_kind"),
        ("<b>.bpmn", b"<a/>", "file_name"),
        ("forms/.form", b"{}", "file_name"),
    ],
)
def test_refuses_a_dangerous_file_with_the_reason_and_keeps_the_draft(world, path, text, code):
    draft = create(world)
    with pytest.raises(FilesRefused) as refusal:
        save(world, draft, 1, {path: text})
    assert [(one.file, one.code) for one in refusal.value.problems] == [(path, code)]
    assert content(world, draft.key) == FILES


def test_refuses_too_many_files(world):
    with pytest.raises(FilesRefused) as refusal:
        create(world, {f"texts/{n}.json": b"{}" for n in range(201)})
    assert refusal.value.problems[0].code == "file_count"


def packed(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return buffer.getvalue()


def test_unpacks_a_folder_and_leaves_out_litter():
    content = packed(("checks/a.bpmn", b"<a/>"), ("__MACOSX/checks/._a.bpmn", b"x"), ("checks/.DS_Store", b""))  # fmt: skip
    assert archives.unpack(content) == {"a.bpmn": b"<a/>"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip", "archive"),
        (packed(("a.md", b"0" * 1_000_001)), "file_size"),
        (packed(*((f"{n}.md", b"0" * 999_999) for n in range(9))), "bundle_size"),
        (packed(*((f"{n}.md", b"") for n in range(201))), "file_count"),
        (packed(("a.md", b"0" * 9000))[:-60], "archive"),
    ],
    ids=["no archive", "a large file", "a large bundle", "many files", "cut short"],
)
def test_refuses_an_archive_that_is_too_large_or_broken(content, code):
    with pytest.raises(FilesRefused) as refusal:
        archives.unpack(content)
    assert refusal.value.problems[0].code == code


def test_a_neighbour_is_copied_under_a_new_id(world):
    world.deploy(FILES, family="checks")
    with world.engine.begin(world.actor("owner")) as command:
        draft = neighbours.copy(command, "checking", "pool_check", "泳池巡查 <1>")
    found = content(world, draft.key)
    assert found.keys() == {
        "pool_check.bpmn", "forms/pool_check.check.form", "texts/en.json", "scenarios/pool_check.test.json",
    }  # fmt: skip
    assert b'id="pool_check" name="\xe6\xb3\xb3' in found["pool_check.bpmn"]
    assert b"checking" not in b"".join(found.values())
    world.deploy(found, family="pool_check")


def test_a_neighbour_needs_an_id_that_is_free(world):
    world.deploy(FILES, family="checks")
    for new_id, code in (("checking", "family_taken"), ("Pool", "family_name")):
        with pytest.raises(FilesRefused) as refusal, world.engine.begin(world.actor("owner")) as command:  # fmt: skip
            neighbours.copy(command, "checking", new_id, "")
        assert refusal.value.problems[0].code == code


@pytest.mark.parametrize("family", library.families())
def test_every_shipped_bundle_goes_out_and_comes_back_unchanged(family):
    files = library.files(family)
    intake.check(files)
    assert archives.unpack(archives.pack(files)) == files
    assert {path: text.decode("utf-8").encode() for path, text in files.items()} == files
