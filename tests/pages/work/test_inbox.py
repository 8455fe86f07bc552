from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from engine import inbox, tasks
from engine.engine import Engine
from engine.inbox import Filter
from engine.inbox.ranges import candidacies
from engine.models.task import UserTask
from tests.conftest import Clock
from tests.pages.conftest import SignIn
from tests.world import World


def add_tasks(world: World, like: Any, number: int, **values: Any) -> None:
    """Add tasks beside an existing one; every third has no due moment."""
    model = world.task("check", like)
    with world.engine.begin(world.actor("owner")) as command:
        rows = [
            {
                "key": command.new_key(),
                "instance_key": model.instance_key,
                "site_id": model.site_id,
                "process_id": model.process_id,
                "definition_key": model.definition_key,
                "element_id": "check",
                "name": f"step {n:05}",
                "state": "created",
                "candidate_group": "service_assistant",
                "groups": ["service_assistant"],
                "users": [],
                "properties": {},
                "summary": [f"fact {n}"],
                "due_at": command.now + dt.timedelta(minutes=n % 40) if n % 3 else None,
                "created_at": command.now,
            }
            | values
            for n in range(number)
        ]
        command.session.execute(insert(UserTask), rows)


def names_on(page: str) -> list[str]:
    return re.findall(r"data-open>([^<]+)<small>", page)


def test_lists_a_claimable_task_with_procedure_unit_and_starter(
    started: Any, sign_in: SignIn
) -> None:
    page = sign_in("assistant").get("/?box=claimable").text
    for words in ("check", "3-2-1201", "Clerk 发起", "陈大文", "北苑", "领取"):
        assert words in page, words


def test_shows_nothing_of_other_sites(started: Any, sign_in: SignIn) -> None:
    for box in ("mine", "claimable", "started", "done"):
        assert "陈大文" not in sign_in("stranger").get(f"/?box={box}").text


def test_claims_in_place_and_comes_back(started: Any, world: World, sign_in: SignIn) -> None:
    client, task = sign_in("assistant"), world.task("check")
    answer = client.post("/inbox/claim", data={"task": task.key, "next": "/?box=claimable"})
    assert answer.location == "/?box=claimable"
    assert "已领取“check”" in client.get("/?box=claimable").text
    assert "check" in client.get("/").text
    assert world.task("check").assignee_id == world.actor("assistant").user_id


def test_says_who_was_faster_at_claiming(started: Any, world: World, sign_in: SignIn) -> None:
    task = world.task("check")
    sign_in("colleague").post("/inbox/claim", data={"task": task.key})
    client = sign_in("assistant")
    answer = client.post("/inbox/claim", data={"task": task.key, "next": "https://evil.test/"})
    assert answer.location == "/"
    assert "Colleague 09:30 已领取这一步" in client.get("/").text


def test_refuses_to_claim_what_is_not_for_the_person(
    started: Any, world: World, sign_in: SignIn
) -> None:
    key = world.task("check").key
    assert sign_in("cashier").post("/inbox/claim", data={"task": key}).status_code == 403
    assert sign_in("stranger").post("/inbox/claim", data={"task": key}).status_code == 404


def test_groups_overdue_today_and_later(
    started: Any, world: World, sign_in: SignIn, clock: Clock
) -> None:
    me = world.actor("assistant").user_id
    soon = clock.now + dt.timedelta(hours=2)
    for name, due, paused in (
        ("late one", clock.now - dt.timedelta(hours=3), None),
        ("today one", soon, None),
        ("later one", clock.now + dt.timedelta(days=3), None),
        ("free one", None, None),
        ("paused one", clock.now - dt.timedelta(hours=1), clock.now - dt.timedelta(hours=2)),
    ):
        add_tasks(
            world, started, 1, name=name, due_at=due, paused_at=paused, assignee_id=me,
            element_id=name, created_at=clock.now - dt.timedelta(hours=6),
        )  # fmt: skip
    page = sign_in("assistant").get("/").text
    order = [page.index(words) for words in ("已超时 1", "late one", "今天到期 1", "today one", "以后到期与暂停 3", "later one")]  # fmt: skip
    assert order == sorted(order)
    assert page.index("以后到期与暂停") < page.index("paused one")
    for words in ("超 3 时", "剩 2 时", "停在 1 时", "不限时", "5 项，其中 1 项超时、1 项今天到期"):
        assert words in page, words


def test_an_empty_inbox_says_what_to_do(started: Any, sign_in: SignIn) -> None:
    page = sign_in("assistant").get("/").text
    assert "待办办完了。" in page
    assert "还有 1 项" in page


def test_finds_by_number_unit_words_and_procedure(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client = sign_in("assistant")
    for typed in (started.number, "3栋2单元1201", "3-2-1201", "陈大文", "CHE"):
        assert "陈大文" in client.get("/", query_string={"box": "claimable", "text": typed}).text, (
            typed
        )
    for typed in ("王", "100%", "_", "' OR 1=1 --"):
        page = client.get("/", query_string={"box": "claimable", "text": typed}).text
        assert "没有找到" in page, typed
    assert "陈大文" in client.get("/?box=claimable&procedure=p").text
    assert "没有找到" in client.get("/?box=claimable&procedure=q").text


def test_lists_what_one_did_and_started(
    started: Any, world: World, sign_in: SignIn, clock: Clock
) -> None:
    clock.forward(minutes=7)
    world.complete("check", {"result": "ok"})
    done = sign_in("assistant").get("/?box=done").text
    assert "用时 7 分" in done
    assert "陈大文" in done
    mine = sign_in("clerk").get("/?box=started").text
    assert "sign" in mine
    assert "客服主管" in mine


def test_pages_by_key_set_without_losing_or_repeating_a_row(started: Any, world: World) -> None:
    add_tasks(world, started, 200)
    actor = world.actor("assistant")
    seen: list[int] = []
    after = ""
    with world.engine.read() as session:
        while True:
            page = inbox.claimable(session, actor, Filter(), after=after, size=30)
            seen += [row.task.key for row in page.rows]
            if page.next is None:
                break
            after = page.next
    assert len(seen) == 201
    assert len(set(seen)) == 201


def test_orders_by_due_moment_with_those_without_a_limit_last(started: Any, world: World) -> None:
    add_tasks(world, started, 50)
    with world.engine.read() as session:
        rows = inbox.claimable(session, world.actor("assistant"), Filter(), size=100).rows
    due = [row.task.due_at for row in rows]
    dated = [moment for moment in due if moment is not None]
    assert dated == sorted(dated)
    assert due[: len(dated)] == dated


@pytest.mark.parametrize("cursor", ["x", ".", "9" * 30 + ".1", "-1.2", "1.x", "1." + "9" * 30])
def test_a_cursor_that_makes_no_sense_does_no_harm(
    started: Any, sign_in: SignIn, cursor: str
) -> None:
    for box in ("mine", "claimable", "done", "started"):
        answer = sign_in("assistant").get("/", query_string={"box": box, "after": cursor})
        assert answer.status_code == 200


def test_offers_the_next_page(started: Any, world: World, sign_in: SignIn) -> None:
    add_tasks(world, started, 65)
    client = sign_in("assistant")
    first = client.get("/?box=claimable").text
    link = re.search(r'href="([^"]+after=[^"]+)" rel="next"', first)
    assert link
    second = client.get(link[1].replace("&amp;", "&")).text
    assert len(names_on(first)) == len(names_on(second)) == 30
    assert not set(names_on(first)) & set(names_on(second))
    assert "回到最前" in second


def test_finds_tasks_of_several_groups_and_of_named_people(started: Any, world: World) -> None:
    from engine.models.task import TaskCandidate

    add_tasks(
        world,
        started,
        1,
        candidate_group=None,
        groups=["service_assistant", "technician"],
        name="two",
    )
    key = next(task.key for task in world.open_tasks(started) if task.name == "two")
    with world.engine.begin(world.actor("owner")) as command:
        site = world.site().id
        command.session.execute(
            insert(TaskCandidate),
            [{"task_key": key, "site_id": site, "candidate_group": group, "username": None}
             for group in ("service_assistant", "technician")]
            + [{"task_key": key, "site_id": site, "candidate_group": None, "username": "cashier"}],
        )  # fmt: skip
    for username, expected in (("assistant", 2), ("cashier", 1), ("clerk", 0), ("stranger", 0)):
        with world.engine.read() as session:
            actor = world.actor(username)
            assert len(inbox.claimable(session, actor, Filter()).rows) == expected, username
            counts = inbox.counts(session, actor, world.engine.clock(), world.engine.clock())
            assert sum(one.total for one in counts["claimable"]) == expected


def test_the_page_takes_at_most_ten_statements(
    started: Any, world: World, sign_in: SignIn, app: Any
) -> None:
    add_tasks(world, started, 60, assignee_id=world.actor("assistant").user_id)
    client = sign_in("assistant")
    client.get("/")
    from web.extensions import db

    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        client.get("/")
        event.remove(db.engine, "before_cursor_execute", note)
    reads = [one for one in statements if one != "BEGIN"]
    assert len(reads) <= 10, "\n".join(reads)
    assert sum("FROM user_task" in one for one in reads) <= 3


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("box", "index"),
    [
        ("mine", "ix_user_task_assignee"),
        ("claimable", "ix_user_task_candidates"),
        ("done", "ix_user_task_done"),
        ("started", "ix_process_instance_starter"),
    ],
)
def test_reads_every_box_along_its_index(started: Any, world: World, box: str, index: str) -> None:
    for statement, parameters in statements_of(world, box):
        plan = explain(world.engine, statement, parameters)
        assert index in plan, plan
        assert "SCAN user_task" not in plan, plan
        assert "SCAN process_instance" not in plan, plan


@pytest.mark.sqlite
def test_searches_for_a_number_without_reading_the_box(started: Any, world: World) -> None:
    ((statement, parameters),) = statements_of(world, "claimable", text="RH-2026")
    plan = explain(world.engine, statement, parameters)
    ranges = len(list(candidacies(world.actor("assistant"), Filter())))
    assert plan.count("SEARCH user_task USING INDEX ix_user_task_instance") == ranges


def statements_of(world: World, box: str, text: str = "") -> list[tuple[str, Any]]:
    noted: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement != "BEGIN":
            noted.append((statement, parameters))

    actor = world.actor("assistant")
    event.listen(world.engine.bind, "before_cursor_execute", note)
    with world.engine.read() as session:
        getattr(inbox, box)(session, actor, Filter(text=text), after="1.1")
    event.remove(world.engine.bind, "before_cursor_execute", note)
    return noted


def explain(engine: Engine, statement: str, parameters: Any) -> str:
    with engine.bind.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[3] for row in rows)


@pytest.mark.sqlite
def test_counts_along_the_indexes(started: Any, world: World) -> None:
    noted: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement != "BEGIN":
            noted.append((statement, parameters))

    actor, now = world.actor("assistant"), world.engine.clock()
    event.listen(world.engine.bind, "before_cursor_execute", note)
    with world.engine.read() as session:
        inbox.counts(session, actor, now, now)
        inbox.overdue(session, actor, now)
    event.remove(world.engine.bind, "before_cursor_execute", note)
    assert len(noted) == 2
    for statement, parameters in noted:
        assert "SCAN user_task" not in explain(world.engine, statement, parameters)


def test_the_counts_are_refreshed_alone(started: Any, sign_in: SignIn) -> None:
    page = sign_in("assistant").get("/inbox/counts?box=claimable", headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert "<html" not in page.text
    assert "可领取" in page.text


def test_a_suspended_clock_counts_neither_as_overdue_nor_as_due(
    started: Any, world: World, clock: Clock
) -> None:
    actor = world.actor("assistant")
    with world.engine.begin(actor) as command:
        task = tasks.claim(command, world.task("check").key)
        command.session.execute(
            update(UserTask)
            .where(UserTask.key == task.key)
            .values(due_at=clock.now - dt.timedelta(days=1), paused_at=clock.now)
        )
    with world.engine.read() as session:
        counted = inbox.counts(session, actor, clock.now, clock.now + dt.timedelta(hours=9))
        assert [(one.total, one.late, one.today) for one in counted["mine"]] == [(1, 0, 0)]
        assert inbox.overdue(session, actor, clock.now) == 0
