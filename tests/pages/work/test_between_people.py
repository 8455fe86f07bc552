"""What pages say of tasks that go between people."""

from __future__ import annotations

import datetime as dt

from engine import tasks
from engine.staff import substitutions
from engine.timing import pauses
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import Office
from tests.pages.conftest import SignIn
from tests.world import World


def test_the_timeline_tells_every_hand_over(sign_in: SignIn, world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.transfer, task.key, "colleague", reason="休假", by="assistant")
    office.act(tasks.delegate, task.key, "clerk", by="colleague")
    office.act(tasks.answer, task.key, "同意", by="clerk")
    (signer,) = office.add(task.key, ["cashier"], tasks.AFTER, by="colleague")
    office.act(tasks.copy, task.key, ["supervisor"], by="colleague")
    world.complete_key(task.key, by="colleague")
    office.sign(signer.key, "cashier")
    page = sign_in("supervisor").get(f"/instances/{office.instance.key}").text
    for said in ("转办给 Colleague", "休假", "委派给 Clerk", "答复委派", "后加签：Cashier",
                 "抄送给 Supervisor", "加签意见：同意"):  # fmt: skip
        assert said in page, said


def test_the_timeline_says_to_whom_and_what_was_changed_to_what(
    sign_in: SignIn, world: World, clock: Clock
) -> None:
    limited = user_task("check", limit="move_in_owner.t_conflict") + chain("s", "check", "e")
    office = Office(world, process(limited))
    task = office.claim()
    later = clock.now + dt.timedelta(days=1)
    office.act(tasks.update, task.key, follow_up_at=later, by="assistant")
    office.act(tasks.update, task.key, priority=80, follow_up_at=None, by="supervisor")
    office.act(tasks.urge, task.key, by="clerk")
    (signer, _) = office.add(task.key, ["clerk", "cashier"], tasks.BEFORE)
    office.act(tasks.remove_signer, signer.key, by="assistant")
    office.act(pauses.begin, task.key, "等业主", by="assistant")
    clock.forward(hours=1)
    office.act(pauses.end, task.key, by="assistant")
    office.act(tasks.assign, task.key, "colleague", by="supervisor")
    page = sign_in("supervisor").get(f"/instances/{office.instance.key}").text
    for said in ("推后到 11-21 09:30", "优先级改为 80、不再推后", "催办，通知了 1 人", "前加签：Clerk、Cashier",
                 "暂停计时，最迟到", "恢复计时，11-24 09:30 到期", "改派给 Colleague",
                 "check · 加签 Clerk", "已取消"):  # fmt: skip
        assert said in page, said


def test_notifications_say_who_wants_what_and_for_whom(sign_in: SignIn, world: World) -> None:
    office = Office(world)
    task = office.claim()
    made = office.substitute("colleague", "clerk")
    office.act(tasks.transfer, task.key, "colleague", by="assistant")
    office.act(tasks.urge, task.key, by="supervisor")
    office.act(substitutions.revoke, made.id, by="colleague")
    page = sign_in("clerk").get("/account/notifications").text
    for said in ("Clerk 代 Colleague 办理任务", "（代 Colleague）Assistant 把「check」转给你办",
                 "（代 Colleague）Supervisor 催办「check」", "Clerk 不再代 Colleague 办理任务"):  # fmt: skip
        assert said in page, said


def test_a_substitutes_work_is_stamped_on_the_timeline(sign_in: SignIn, world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.substitute("assistant", "clerk")
    world.complete_key(task.key, by="clerk")
    assert "代 Assistant 办理" in sign_in("clerk").get(f"/instances/{office.instance.key}").text


def test_the_page_of_a_signers_task_opens(sign_in: SignIn, world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    for by in ("clerk", "assistant"):
        assert sign_in(by).get(f"/tasks/{signer.key}").status_code == 200
    world.complete_key(task.key, by="assistant")
    for key in (task.key, signer.key):
        assert sign_in("clerk").get(f"/tasks/{key}").status_code == 200


def test_a_reader_of_another_site_opens_the_instance(sign_in: SignIn, world: World) -> None:
    office = Office(world)
    browser = sign_in("stranger")
    assert browser.get(f"/instances/{office.instance.key}").status_code == 404
    office.act(tasks.copy, world.task("check").key, ["stranger"], by="assistant")
    assert browser.get(f"/instances/{office.instance.key}").status_code == 200
