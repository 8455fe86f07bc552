"""Bringing a database up to date keeps what stands in it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from engine.store import database, schema


def test_an_upgrade_builds_no_table_anew(tmp_path: Path) -> None:
    # A table that others refer to cannot be dropped where it holds rows; columns are added to it instead.
    bind = database.connect(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    sent: list[str] = []
    event.listen(bind, "before_cursor_execute", lambda *told: sent.append(told[2]))
    schema.upgrade(bind)
    bind.dispose()
    released = next(i for i, one in enumerate(sent) if "version_num='0002'" in one)
    later = [one.strip() for one in sent[released:]]
    assert [one for one in later if one.startswith("DROP TABLE")] == []
    assert any("ADD COLUMN" in one for one in later)
