from __future__ import annotations

from collections.abc import Callable

from engine import instances
from engine.models.instance import ProcessInstance
from engine.models.job import Job
from engine.operations import batches, retention
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.operations.conftest import incidents, work_off
from tests.world import World


def deployed(world: World) -> None:
    world.deploy({"p.bpmn": process(user_task("work") + chain("s", "work", "e"))})


def begun(world: World, kind: str, by: str = "root") -> str:
    with world.engine.begin(world.actor(by)) as command:
        chosen = instances.visible_to(command.actor).where(ProcessInstance.ended_at.is_(None))
        return f"/operations/batches/{batches.begin(command, kind, chosen, reason='停电').key}"


def test_a_batch_stands_goes_on_and_ends(world: World, sign_in: SignIn) -> None:
    deployed(world)
    one, client = world.start("p"), sign_in("owner")
    path = begun(world, batches.SUSPEND)
    assert "停电" in client.get("/operations/batches").text
    client.post(f"{path}/suspend")
    work_off(world)
    assert world.instance(one.key).status == "active"
    assert "已暂停" in client.get(path).text
    client.post(f"{path}/resume")
    work_off(world)
    assert world.instance(one.key).status == "suspended"
    answer = client.post(f"{path}/cancel", follow_redirects=True)
    assert "这批操作已经结束或取消" in answer.text


def test_what_is_left_of_a_batch_is_canceled(world: World, sign_in: SignIn) -> None:
    deployed(world)
    one, client = world.start("p"), sign_in("owner")
    path = begun(world, batches.CANCEL)
    client.post(f"{path}/cancel")
    work_off(world)
    assert world.instance(one.key).status == "active"
    assert "取消 1" in client.get(path).text


def test_items_that_failed_say_why(world: World, sign_in: SignIn) -> None:
    deployed(world)
    one = world.start("p")
    path = begun(world, batches.RESUME)
    work_off(world)
    page = sign_in("owner").get(path).text
    assert "没有做成 1" in page
    assert f'href="/instances/{one.key}"' in page
    assert "This is not suspended." in page
    assert "没有要做的。" in sign_in("owner").get(f"{path}?state=completed").text
    assert "没有做成" in sign_in("owner").get(f"{path}?state=failed").text


def test_htmx_gets_only_the_progress(world: World, sign_in: SignIn) -> None:
    deployed(world)
    world.start("p")
    path = begun(world, batches.SUSPEND)
    part = sign_in("owner").get(path, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<section")
    assert "<html" not in part


def test_others_see_no_batches(world: World, sign_in: SignIn) -> None:
    deployed(world)
    path = begun(world, batches.SUSPEND)
    for url in (
        "/operations/batches",
        path,
        "/operations/jobs",
        "/operations/retention",
        "/operations/",
    ):
        assert sign_in("assistant").get(url).status_code == 403, url
    for url in (f"{path}/cancel", "/operations/retention", "/operations/retention/clean"):
        assert sign_in("assistant").post(url).status_code == 403, url
    assert sign_in("owner").get("/operations/batches/7").status_code == 404


def test_a_failed_job_gets_new_attempts(
    failed_job: Callable[..., Job], world: World, sign_in: SignIn
) -> None:
    job, client = failed_job(), sign_in("owner")
    page = client.get("/operations/jobs").text
    for said in ("失败 1", "sms", "gateway down"):
        assert said in page, said
    assert client.post(f"/operations/jobs/{job.key}/retry").status_code == 302
    assert incidents(world) == []
    with world.engine.read() as session:
        assert session.get_one(Job, job.key).retries == 3
    assert "等执行 1" in client.get("/operations/jobs?state=due").text
    again = client.post(f"/operations/jobs/{job.key}/retry", follow_redirects=True)
    assert again.status_code == 200
    assert client.post("/operations/jobs/7/retry").status_code == 404


def test_timers_that_nobody_fired_are_told(world: World, clock: Clock, sign_in: SignIn) -> None:
    late = (
        '<boundaryEvent id="late" attachedToRef="work" cancelActivity="false"><timerEventDefinition>'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
    )
    body = user_task("work") + late + user_task("chase") + chain("s", "work", "e") + chain("late", "chase", "e")  # fmt: skip
    world.deploy({"p.bpmn": process(body)})
    world.start("p")
    client = sign_in("owner")
    assert "定时都按点响了。" in client.get("/operations/jobs").text
    clock.forward(hours=3)
    page = client.get("/operations/jobs").text
    assert "过点没有响的定时 1 个" in page
    assert "2 时" in page
    assert "多半是后台进程没有在运行" in client.get("/operations/").text


def test_rules_of_retention_are_kept_within_the_law(world: World, sign_in: SignIn) -> None:
    deployed(world)
    client = sign_in("owner")
    page = client.get("/operations/retention").text
    assert "全都一直保存" in page
    for days in ("182", "x", "40000", "9" * 30):
        answer = client.post("/operations/retention", data={"process": "p", "days": days, "new": 1})
        assert answer.status_code == 422, days
        assert "写 183 到 36500 之间的天数" in answer.text
        assert 'id="e-days"' in answer.text
    assert client.post("/operations/retention", data={"process": "q", "days": "200", "new": 1}).status_code == 422  # fmt: skip
    client.post("/operations/retention", data={"process": "p", "days": "200", "new": "1"})
    refused = client.post("/operations/retention", data={"process": "p", "days": "3"})
    assert 'id="e-days-p"' in refused.text
    with world.engine.read() as session:
        assert retention.rules(session) == {"p": 200}
    client.post("/operations/retention", data={"process": "p", "act": "forever"})
    with world.engine.read() as session:
        assert retention.rules(session) == {}


def test_shows_what_a_clean_up_would_delete_and_deletes_it(
    world: World, clock: Clock, sign_in: SignIn
) -> None:
    deployed(world)
    one = world.start("p")
    world.complete("work", of=one)
    client = sign_in("owner")
    client.post("/operations/retention", data={"process": "p", "days": "183", "new": "1"})
    assert "现在到期的共 0 件" in client.get("/operations/retention").text
    clock.forward(days=184)
    client = sign_in("owner")
    assert "现在到期的共 1 件" in client.get("/operations/retention").text
    stale = client.post("/operations/retention/clean", data={"instances": "2"}, follow_redirects=True)  # fmt: skip
    assert "请再看一遍" in stale.text
    answer = client.post("/operations/retention/clean", data={"instances": "1"})
    work_off(world)
    page = client.get(answer.location).text
    assert "做完 1/1 件" in page
    assert "已删除" in page
    with world.engine.read() as session:
        assert session.get(ProcessInstance, one.key) is None
