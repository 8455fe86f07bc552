"""Nothing of an instance that is kept from a person stands on any page he can open, whatever his roles."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import insert, select, update

from engine import tasks
from engine.models.hiding import Hiding
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import Notification
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import bundle
from tests.world import World


def hide(world: World, instance: ProcessInstance) -> None:
    """Keep an instance from the colleague, who is an administrator and was told of it before."""
    with world.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "colleague")).one()
        identity.grant(command, user, None, "admin")
        row = {"instance_key": instance.key, "user_id": user.id, "process_id": "p"}
        command.session.execute(insert(Hiding).values(row))
        command.session.execute(update(ProcessInstance).values(private=True))
        told = Notification(
            user_id=user.id, kind="task_due", params={"number": instance.number},
            instance_key=instance.key, created_at=command.now,
        )  # fmt: skip
        command.session.add(told)


def test_no_page_shows_what_is_hidden(app: Flask, sign_in: SignIn, world: World) -> None:
    world.add_unit()
    world.deploy(bundle())
    instance = world.start("p", {"unit_no": "3-2-1201", "owner": "陈秀兰", "phone": "13800000001"})
    with world.engine.begin(world.actor("supervisor")) as command:
        tasks.copy(command, world.task("check").key, ["colleague"], "看看")
    browser = sign_in("colleague")
    assert instance.number in browser.get("/?box=copied").text
    assert browser.get(f"/instances/{instance.key}").status_code == 200
    # when
    hide(world, instance)
    # then
    marks = [instance.number, str(instance.key)]
    plain = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith("/v2")
    ]
    for path in [*plain, "/search?q=3-2-1201", "/?box=copied", "/?box=claimable"]:
        answer = browser.get(path, follow_redirects=True)
        text = answer.data.decode(errors="replace")
        assert not [one for one in marks if one in text], path
    task = world.task("check")
    for path in (f"/instances/{instance.key}", f"/tasks/{task.key}"):
        assert browser.get(path).status_code == 404, path
    assert sign_in("assistant").get(f"/instances/{instance.key}").status_code == 200
