"""Commands for whoever runs an installation: `flask --app web.wsgi upgrade | demo | create-admin | create-site | verify-audit`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from flask import Flask
from flask.cli import with_appcontext

from engine import anchors, demo
from engine.deployment import library
from engine.engine import Command
from engine.errors import EngineError
from engine.staff import identity
from engine.staff.access import SYSTEM
from engine.store import schema
from web.extensions import engine


@click.command
@with_appcontext
def upgrade() -> None:
    """Bring the database and the shipped procedures up to date; repeat it with every new version."""
    schema.upgrade(engine.bind)
    for family in library.deploy_shipped(engine):
        click.echo(f"deployed {family}")


@click.command("demo")
@with_appcontext
def load_demo() -> None:
    """Load the demo company into an empty installation."""
    if not demo.load(engine):
        raise click.ClickException("there are sites already")
    demo.begin_work(engine)


@click.command
@click.argument("username")
@click.option("--name", prompt=True, help="The person's name.")
@click.password_option(help="At least 10 characters.")
@with_appcontext
def create_admin(username: str, name: str, password: str) -> None:
    """Add the first administrator, who adds sites and accounts in the browser; the password is changed at the first login."""
    with _command() as command:
        user = identity.create_user(
            command, username=username, name=name, password=password, must_change_password=True
        )
        identity.grant(command, user, None, "admin")


@click.command
@click.argument("key")
@click.argument("name")
@click.option("--kind", type=click.Choice(["residence", "office"]), default="residence")
@click.option("--timezone", default="Asia/Shanghai", help="An IANA name.")
@with_appcontext
def create_site(key: str, name: str, kind: str, timezone: str) -> None:
    """Add a site; its units and customers are imported in the browser."""
    with _command() as command:
        identity.create_site(command, key=key, name=name, kind=kind, timezone=timezone)


@click.command
@click.option(
    "--whole", is_flag=True, help="Recompute the chain of every instance too; it takes long."
)
@with_appcontext
def verify_audit(whole: bool) -> None:
    """Compare the audit's anchors with the database; it fails when anything was cut off, changed or lost."""
    found = anchors.verify(engine, whole=whole)
    for fault in found.faults:
        where = " ".join(
            f"{k}={v}" for k, v in asdict(fault).items() if v not in (None, "", fault.code)
        )
        click.echo(f"{fault.code}: {where}", err=True)
    click.echo(f"{found.files} files, {found.heads} heads, {found.chains} chains")
    if found.faults:
        raise click.ClickException("the audit is not what was anchored")


@contextmanager
def _command() -> Iterator[Command]:
    """Open a command of the system; what it refuses is told in a line."""
    try:
        with engine.begin(SYSTEM) as command:
            yield command
    except EngineError as error:
        raise click.ClickException(str(error)) from error


def register(app: Flask) -> None:
    """Give the application its commands."""
    for one in (upgrade, load_demo, create_admin, create_site, verify_audit):
        app.cli.add_command(one)
