from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from engine.models.instance import ProcessInstance
from tests.pages.conftest import SignIn
from tests.world import World

TYPED = {"unit_no": "3-2-1201", "owner": "陈大文", "phone": "13800001201"}


def count(world: World) -> int:
    with world.engine.read() as session:
        return session.scalar(select(func.count()).select_from(ProcessInstance)) or 0


def token_of(page: str) -> str:
    found = re.search(r'name="submission" value="(\w+)"', page)
    assert found
    return found[1]


def test_lists_only_what_the_person_may_start(deployed: World, sign_in: SignIn) -> None:
    assert 'href="/start/p"' in sign_in("clerk").get("/start").text
    assert 'href="/start/p"' not in sign_in("assistant").get("/start").text
    assert "没有可以发起的流程" in sign_in("assistant").get("/start").text


def test_finds_procedures_by_the_matter(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    assert 'href="/start/p"' in client.get("/start?matter=check").text
    missing = client.get("/start?matter=冷气加钟").text
    assert 'href="/start/p"' not in missing
    assert "没有找到“冷气加钟”" in missing


def test_shows_the_frequent_ones_of_the_last_30_days(started: Any, sign_in: SignIn) -> None:
    assert "我常用" in sign_in("clerk").get("/start").text


def test_shows_who_is_first_and_how_fast(deployed: World, sign_in: SignIn) -> None:
    page = sign_in("clerk").get("/start").text
    assert "物业助理" in page
    assert "限 " in page


def test_refuses_a_procedure_the_person_may_not_start(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("assistant")
    assert client.get("/start/p").status_code == 404
    assert client.post("/start/p", data=TYPED).status_code == 404
    assert sign_in("clerk").get("/start/unknown").status_code == 404
    assert count(deployed) == 0


def test_starts_an_instance_and_says_what_is_next(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    page = client.get("/start/p").text
    answer = client.post("/start/p", data={**TYPED, "submission": token_of(page)})
    assert answer.status_code == 302
    assert "/instances/" in answer.location
    told = client.get(answer.location).text
    assert "已发起" in told
    assert "YS-" in told
    assert "下一步：“check”（物业助理）" in told


def test_the_same_form_sent_twice_starts_one_instance(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    sent = {**TYPED, "submission": token_of(client.get("/start/p").text)}
    first, second = client.post("/start/p", data=sent), client.post("/start/p", data=sent)
    assert first.location == second.location
    assert count(deployed) == 1


def test_refuses_errors_and_keeps_what_was_typed(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    answer = client.post("/start/p", data={"unit_no": "3-2-1201", "phone": "<b>12</b>"})
    assert answer.status_code == 422
    assert "&lt;b&gt;12" in answer.text
    assert "&lt;b&gt;12" in client.get("/start/p").text
    assert count(deployed) == 0


def test_leads_to_the_instance_that_runs_already_for_the_same_unit(
    started: Any, world: World, sign_in: SignIn
) -> None:
    answer = sign_in("clerk").post("/start/p", data=TYPED | {"owner": "别人"})
    assert answer.status_code == 409
    assert f"/instances/{started.key}" in answer.text
    assert 'value="别人"' in answer.text
    assert count(world) == 1


def test_asks_for_the_site_where_there_are_several(deployed: World, sign_in: SignIn) -> None:
    from engine.models.identity import User
    from engine.staff import identity
    from engine.staff.access import SYSTEM

    with deployed.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "clerk")).one()
        identity.grant(command, user, deployed.site("south"), "front_desk")
    client = sign_in("clerk")
    page = client.get("/start/p").text
    assert "在哪个项目办？" in page
    assert 'name="site" value="south"' in client.get("/start/p?site=south").text
    client.post("/start/p", data={**TYPED, "site": "south"})
    with deployed.engine.read() as session:
        assert session.scalar(select(ProcessInstance.site_id)) == deployed.site("south").id


def test_refuses_a_site_where_the_person_does_not_work(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    assert client.get("/start/p?site=south").status_code == 404
    assert client.post("/start/p", data={**TYPED, "site": "south"}).status_code == 404


def test_fills_in_what_the_address_says(deployed: World, sign_in: SignIn) -> None:
    page = sign_in("clerk").get("/start/p?unit_no=3-2-1201&evil=1").text
    assert 'value="3-2-1201"' in page


def test_keeps_a_draft_of_the_start_form(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    assert client.post("/start/p/draft", data={"owner": "陈"}).json == {"saved": "09:30"}
    assert 'value="陈"' in client.get("/start/p").text
    client.post("/start/p", data=TYPED)
    assert 'value="陈' not in client.get("/start/p").text
