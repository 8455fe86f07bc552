"""What an operator types: bringing a database up to date, the first administrator, sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, select

from engine import anchors
from engine.engine import utc_now
from engine.models.audit import AuditEntry, AuditHead
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site, User
from engine.staff import identity
from tests.conftest import move
from tests.databases import SECRET
from web.config import Config
from web.extensions import db

PASSWORD = "sunny days 2026"


@pytest.fixture
def nothing(shared_app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """An application without a database yet."""
    yield from installed(shared_app, tmp_path, f"sqlite:///{tmp_path / 'own.sqlite'}")


@pytest.fixture
def installation(shared_app: Flask, tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """An application whose database is up to date, without procedures and without sites."""
    yield from installed(shared_app, tmp_path, database_url)


def installed(app: Flask, home: Path, database_url: str) -> Iterator[Flask]:
    config = Config(
        home=home,
        database_url=database_url,
        public_url="http://127.0.0.1",
        secret=SECRET,
        testing=True,
    )
    move(app, config)
    yield app
    with app.app_context():
        db.engine.dispose()


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=words)


def test_an_installation_begins_with_a_site_and_an_administrator(nothing: Flask) -> None:
    # when
    first = run(nothing, "upgrade")
    again = run(nothing, "upgrade")
    site = run(nothing, "create-site", "garden", "花园", "--kind", "residence")
    admin = run(nothing, "create-admin", "root", "--name", "管理员", "--password", PASSWORD)
    # then
    assert [one.exit_code for one in (first, again, site, admin)] == [0, 0, 0, 0]
    assert "deployed move_in" in first.output
    assert again.output == ""
    with nothing.extensions["guicheng"].read() as session:
        assert session.scalar(select(ProcessDefinition.key).limit(1)) is not None
        assert session.scalar(select(Site.name)) == "花园"
        user = session.scalar(select(User))
        assert user is not None
        assert user.must_change_password
        assert identity.authenticate(session, "root", PASSWORD).id == user.id
        assert user.created_at <= utc_now()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("create-site", "Garden!", "花园"), "no site key"),
        (("create-site", "garden", "花园"), "taken"),
        (("create-site", "lake", "湖", "--timezone", "Moon/Base"), "no time zone"),
        (("create-admin", "root", "--name", "r", "--password", "short"), "at least"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    installation: Flask, words: tuple[str, ...], reason: str
) -> None:
    run(installation, "create-site", "garden", "花园")
    # when
    result = run(installation, *words)
    # then
    assert result.exit_code == 1
    assert reason in result.output
    assert len(result.output.splitlines()) == 1


def test_the_demo_company_is_for_an_empty_installation(installation: Flask) -> None:
    run(installation, "create-site", "garden", "花园")
    # when
    result = run(installation, "demo")
    # then
    assert result.exit_code == 1
    assert "sites already" in result.output


def test_an_operator_verifies_the_audit(installation: Flask) -> None:
    # given
    run(installation, "create-site", "garden", "花园")
    engine = installation.extensions["guicheng"]
    path = anchors.write(engine)
    assert path is not None
    # when
    sound = run(installation, "verify-audit", "--whole")
    with engine.bind.begin() as connection:
        connection.execute(delete(AuditEntry).where(AuditEntry.chain == 0))
        connection.execute(delete(AuditHead))
    cut = run(installation, "verify-audit")
    # then
    assert (sound.exit_code, cut.exit_code) == (0, 1)
    assert sound.output.startswith("1 files, 1 heads")
    assert f"chain_cut: file={path.name} chain=0" in cut.output
