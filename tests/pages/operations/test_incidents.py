from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.models.instance import TERMINATED
from engine.models.job import Job
from tests.pages.conftest import SignIn
from tests.pages.operations.conftest import Instance, audited, incidents, work_off
from tests.pages.test_translations import chinese
from tests.world import World


def path(world: World) -> str:
    return f"/operations/incidents/{incidents(world)[0].key}"


def test_lists_what_is_stuck_and_narrows_it(stuck: Instance, sign_in: SignIn) -> None:
    client = sign_in("owner")
    page = client.get("/operations/incidents").text
    assert "没有处理的异常 1 个" in page
    assert "北苑" in page
    assert stuck.number in page
    for narrowed in ("process=p", "site=north", "type=EXTRACT_VALUE_ERROR"):
        assert stuck.number in client.get(f"/operations/incidents?{narrowed}").text, narrowed
    for narrowed in ("process=other", "site=south", "type=JOB_NO_RETRIES"):
        assert "没有异常。" in client.get(f"/operations/incidents?{narrowed}").text, narrowed


def test_an_incident_says_what_happened_where_and_what_is_known(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    page = sign_in("owner").get(path(world)).text
    for said in ("算式算不出来", "assert(n, n &gt; 0)", 'name="v.k"', "[1, 2]", "再试一次", "跳过"):
        assert said in page, said
    assert f"/instances/{stuck.key}/diagram.json?process=p" in page
    state = sign_in("owner").get(f"/instances/{stuck.key}/diagram.json?process=p").json
    assert state["incident"] == ["count"]


def test_who_may_not_see_personal_data_corrects_the_rest(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    page = sign_in("root").get(path(world)).text
    assert "陈大文" not in page
    assert "v.owner" not in page
    assert "个人信息 1 个" in page
    sign_in("root").post(path(world), data={"act": "do", "how": "retry", "v.owner": '"x"', "v.+name": "n", "v.+value": "1"})  # fmt: skip
    assert world.instance(stuck.key).variables["owner"] == "陈大文"
    assert world.task("check", stuck)


def test_tries_again_with_a_variable_put_right(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    given = {"act": "do", "how": "retry", "v.+name": "n", "v.+value": "3", "v.k": "[1, 2]"}
    answer = sign_in("owner").post(path(world), data=given)
    assert answer.status_code == 302
    assert world.task("check", stuck)
    assert world.instance(stuck.key).variables["m"] == 3
    assert audited(world, stuck, "incident.resolved") == [{"variables": ["n"]}]


def test_what_fails_again_is_shown_again(stuck: Instance, world: World, sign_in: SignIn) -> None:
    before = incidents(world)[0].key
    answer = sign_in("owner").post(path(world), data={"act": "do", "how": "retry"})
    (now,) = incidents(world)
    assert now.key != before
    assert answer.location.endswith(f"/operations/incidents/{now.key}")


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"v.k": "[1,"}, ["v.k"]),
        ({"v.+name": "n", "v.+value": "NaN"}, ["v.+value"]),
        ({"v.+name": "1 n", "v.+value": "1"}, ["v.+name"]),
        ({"how": "skip", "reason": " "}, ["reason"]),
        ({"how": "jump", "reason": "x"}, ["to"]),
    ],
)
def test_refuses_what_is_wrong_at_its_field_and_keeps_what_was_typed(
    stuck: Instance, world: World, sign_in: SignIn, given: dict[str, str], fields: list[str]
) -> None:
    answer = sign_in("owner").post(path(world), data={"act": "do", "how": "retry", **given})
    assert answer.status_code == 422
    for field in fields:
        assert f'id="e-{field}"' in answer.text, field
        assert f'href="#{field}"' in answer.text, field
    assert (given.get("v.k") or given.get("v.+name") or "1") in answer.text
    assert incidents(world)


def test_skips_with_a_reason_after_a_preview(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    client, given = sign_in("owner"), {"how": "skip", "reason": "算过了"}
    preview = client.post(path(world), data={"act": "preview", **given})
    assert preview.status_code == 200
    assert "还没有做" in preview.text
    assert incidents(world)
    client.post(path(world), data={"act": "do", **given})
    assert incidents(world) == []
    assert world.task("check", stuck)
    assert audited(world, stuck, "incident.skipped")[0]["reason"] == "算过了"


def test_jumps_to_another_step(stuck: Instance, world: World, sign_in: SignIn) -> None:
    client, given = sign_in("owner"), {"how": "jump", "to": "work", "reason": "重填"}
    assert "work" in client.post(path(world), data={"act": "preview", **given}).text
    client.post(path(world), data={"act": "do", **given})
    assert world.task("work", stuck)
    assert audited(world, stuck, "incident.moved")[0]["to"] == "work"


def test_ends_the_instance(stuck: Instance, world: World, sign_in: SignIn) -> None:
    given = {"act": "do", "how": "cancel", "reason": "重复"}
    assert sign_in("root").post(path(world), data=given).status_code == 302
    assert world.instance(stuck.key).status == TERMINATED


def test_refuses_values_read_before_somebody_else_went_on(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    seen = world.instance(stuck.key).version
    page = sign_in("owner").post(
        path(world), data={"act": "do", "how": "retry", "version": seen - 1}, follow_redirects=True
    )
    assert "你办的时候，这里变了" in page.text
    assert incidents(world)


def test_only_operators_of_the_site_get_in(stuck: Instance, world: World, sign_in: SignIn) -> None:
    for who in ("assistant", "supervisor", "stranger"):
        client = sign_in(who)
        assert client.get("/operations/incidents").status_code == 403, who
        assert client.get(path(world)).status_code == 403, who
        assert client.post(path(world), data={"act": "do"}).status_code == 403, who
        assert "/operations/" not in client.get("/").text, who
    assert sign_in("owner").get("/operations/incidents/1").status_code == 404
    assert sign_in("owner").get(f"/operations/incidents/{2**70}").status_code == 404
    assert "/operations/" in sign_in("owner").get("/").text
    assert incidents(world)


def test_everything_in_the_list_is_tried_again_in_a_batch(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    with world.engine.begin(world.actor("owner")) as command:
        instance = command.session.get_one(Instance, stuck.key)
        instance.variables = {**instance.variables, "n": 1}
    answer = sign_in("owner").post("/operations/incidents/retry", data={"process": "p"})
    work_off(world)
    assert "做完 1/1 件" in sign_in("owner").get(answer.location).text
    assert incidents(world) == []


def test_a_failed_job_is_skipped_with_its_result(
    failed_job: Callable[..., Job], world: World, sign_in: SignIn
) -> None:
    job = failed_job()
    page = sign_in("owner").get(path(world)).text
    assert "gateway down" in page
    assert "系统执行屡试不成" in page
    given = {"how": "skip", "reason": "电话说过了", "v.+name": "sent", "v.+value": "true"}
    assert "check" in sign_in("owner").post(path(world), data={"act": "preview", **given}).text
    sign_in("owner").post(path(world), data={"act": "do", **given})
    assert world.instance(job.instance_key).variables["sent"] is True
    assert world.task("check")


def test_an_incident_and_its_repair_are_told_in_english(
    stuck: Instance, world: World, sign_in: SignIn
) -> None:
    client, allowed = sign_in("owner"), {"北苑", "南苑", "陈大文"}
    client.post("/account/language", data={"locale": "en", "next": "/"})
    listed, shown = client.get("/operations/incidents"), client.get(path(world))
    refused = client.post(path(world), data={"act": "do", "how": "skip", "v.k": "["})
    preview = client.post(path(world), data={"act": "preview", "how": "skip", "reason": "x"})
    modify = client.post(
        f"/operations/instances/{stuck.key}/modify", data={"act": "preview", "begin": "check"}
    )
    for page in (listed, shown, refused, preview, modify):
        assert 'lang="en"' in page.text
        assert chinese(page.text, allowed) == []
