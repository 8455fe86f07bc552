from __future__ import annotations

from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.operations.conftest import Instance, audited
from tests.world import World


def started(world: World) -> Instance:
    body = "".join(user_task(one) for one in ("first", "second", "third"))
    world.deploy({"p.bpmn": process(body + chain("s", "first", "second", "third", "e"))})
    return world.start("p", {"n": 1})


def token(world: World, instance: Instance, element_id: str) -> int:
    active = world.instance(instance.key).active
    return next(one["key"] for one in active if one["id"] == element_id)


def where(world: World, instance: Instance) -> list[str]:
    return sorted(task.element_id for task in world.open_tasks(instance))


def test_shows_the_tokens_and_where_they_may_go(world: World, sign_in: SignIn) -> None:
    instance = started(world)
    page = sign_in("owner").get(f"/operations/instances/{instance.key}/modify").text
    assert f'name="fate.{token(world, instance, "first")}"' in page
    for target in ("second", "third", "e"):
        assert f'<option value="{target}"' in page, target
    assert f"/operations/instances/{instance.key}/modify" in sign_in("owner").get(
        f"/instances/{instance.key}"
    ).text  # fmt: skip
    assert "/operations/" not in sign_in("assistant").get(f"/instances/{instance.key}").text


def test_previews_what_dies_and_changes_nothing(world: World, sign_in: SignIn) -> None:
    instance = started(world)
    given = {"act": "preview", f"fate.{token(world, instance, 'first')}": "third"}
    answer = sign_in("owner").post(f"/operations/instances/{instance.key}/modify", data=given)
    assert answer.status_code == 200
    for said in ("结束</dt><dd>first", "开始</dt><dd>third", "收回的任务</dt><dd>first"):
        assert said in answer.text, said
    assert where(world, instance) == ["first"]


def test_moves_begins_and_ends_with_a_reason(world: World, sign_in: SignIn) -> None:
    instance, client = started(world), sign_in("owner")
    url = f"/operations/instances/{instance.key}/modify"
    given = {"act": "do", f"fate.{token(world, instance, 'first')}": "third", "begin": "second",
             "reason": "补办", "v.n": "2"}  # fmt: skip
    assert client.post(url, data=given).location.endswith(f"/instances/{instance.key}")
    assert where(world, instance) == ["second", "third"]
    assert world.instance(instance.key).variables["n"] == 2
    assert audited(world, instance, "instance.modified")[0]["reason"] == "补办"
    ends = {"act": "do", f"fate.{token(world, instance, 'second')}": "-", "reason": "不用了"}
    client.post(url, data=ends)
    assert where(world, instance) == ["third"]


def test_refuses_to_do_nothing_nothing_said_and_what_leaves_nothing(
    world: World, sign_in: SignIn
) -> None:
    instance, client = started(world), sign_in("owner")
    url, key = f"/operations/instances/{instance.key}/modify", token(world, instance, "first")
    for given, said in (
        ({"reason": "x"}, "还没有选要改什么"),
        ({f"fate.{key}": "third"}, "写明原因"),
        ({f"fate.{key}": "-", "reason": "x"}, "流程里就什么也不剩了"),
        ({f"fate.{key}": "nowhere", "reason": "x"}, "不在这里能去的范围内"),
        ({"v.n": "{", "reason": "x"}, "不是 JSON"),
        ({"fate.5": "third", "reason": "x"}, "不能这样做"),
    ):
        answer = client.post(url, data={"act": "do", **given})
        assert answer.status_code == 422, given
        assert said in answer.text, given
    assert where(world, instance) == ["first"]


def test_others_may_not_modify(world: World, sign_in: SignIn) -> None:
    instance = started(world)
    url = f"/operations/instances/{instance.key}/modify"
    for who in ("supervisor", "stranger"):
        assert sign_in(who).get(url).status_code == 403, who
        assert sign_in(who).post(url, data={"act": "do", "begin": "third", "reason": "x"}).status_code == 403  # fmt: skip
    assert sign_in("owner").get("/operations/instances/77/modify").status_code == 404
