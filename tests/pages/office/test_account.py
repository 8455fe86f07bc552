from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.models.identity import LoginSession, User
from engine.staff import notifications
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.world import PASSWORD, World


def test_shows_roles_and_devices(sign_in):
    text = sign_in("clerk").get("/account/").text
    assert "北苑" in text
    assert "这一台" in text


def test_changes_the_password_and_keeps_this_browser(sign_in, world: World):
    here, there = sign_in("clerk"), sign_in("clerk")

    answer = here.post(
        "/account/password",
        data={"current": PASSWORD, "new": "another long phrase", "again": "another long phrase"},
    )

    assert answer.location == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"current": "wrong", "new": "another long phrase"}, "现在的密码不对"),
        ({"current": PASSWORD, "new": "short"}, "至少 10 个字符"),
        ({"current": PASSWORD, "new": "clerk-clerk-clerk"}, "不要包含账号名"),
        ({"current": PASSWORD, "new": "one long phrase", "again": "other"}, "不一样"),
    ],
)
def test_says_why_a_password_is_refused(sign_in, form: dict[str, str], words: str):
    answer = sign_in("clerk").post("/account/password", data={"again": form["new"]} | form)
    assert answer.status_code == 422
    assert words in answer.text


def test_asks_for_an_own_password_before_anything_else(sign_in, world: World):
    client = sign_in("clerk")
    with world.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "clerk")).one()
        user.must_change_password = True

    assert client.get("/account/").location == "/account/password"
    assert "先设一个自己的密码" in client.get("/account/password").text


def test_keeps_the_language_in_the_account_and_for_visitors_in_a_cookie(sign_in, client):
    signed = sign_in("clerk")
    signed.post("/account/language", data={"locale": "en", "next": "/account/"})
    assert 'lang="en"' in signed.get("/account/").text

    client.post("/account/language", data={"locale": "en", "next": "/login"})
    assert 'lang="en"' in client.get("/login").text


@pytest.mark.parametrize(
    ("url", "form"),
    [("language", {"locale": "tlh"}), ("theme", {"theme": "<b>"}), ("site", {"site": "south"})],
)
def test_refuses_choices_that_do_not_exist(sign_in, url: str, form: dict[str, str]):
    assert sign_in("clerk").post(f"/account/{url}", data=form).status_code == 422


def test_keeps_the_theme(sign_in):
    client = sign_in("clerk")
    client.post("/account/theme", data={"theme": "dark"})
    assert 'data-bs-theme="dark"' in client.get("/account/").text


def test_chooses_the_site_to_look_at(sign_in, world: World):
    client = sign_in("owner")
    client.post("/account/site", data={"site": "south"})
    with world.engine.read() as session:
        assert session.scalars(select(LoginSession.site_id)).one() == world.site("south").id
    client.post("/account/site", data={"site": ""})
    with world.engine.read() as session:
        assert session.scalars(select(LoginSession.site_id)).one() is None


def test_signs_out_another_device_of_ones_own_only(sign_in, world: World):
    mine, other, stranger = sign_in("clerk"), sign_in("clerk"), sign_in("cashier")
    with world.engine.read() as session:
        rows = {row.user_id: row.digest for row in session.scalars(select(LoginSession))}
    clerk = world.actor("clerk").user_id

    assert (
        stranger.post("/account/sessions/revoke", data={"session": rows[clerk]}).status_code == 404
    )
    mine.post("/account/sessions/revoke", data={"session": rows[clerk]})

    assert {mine.get("/account/").status_code, other.get("/account/").status_code} == {200, 302}


def test_shows_a_token_once_and_takes_it_back(sign_in, world: World):
    client = sign_in("clerk")
    assert client.post("/account/tokens", data={"label": " "}).status_code == 422

    made = client.post("/account/tokens", data={"label": "<b>meter</b>"})
    assert 'id="token"' in made.text
    assert "&lt;b&gt;meter" in made.text
    page = client.get("/account/").text
    assert 'id="token"' not in page
    digest = page.split('name="token" value="')[1].split('"')[0]

    assert (
        sign_in("cashier").post("/account/tokens/revoke", data={"token": digest}).status_code == 404
    )
    client.post("/account/tokens/revoke", data={"token": digest})
    assert "meter" not in client.get("/account/").text


def test_puts_notifications_into_words_and_marks_them_read(sign_in, world: World, clock: Clock):
    clerk = world.actor("clerk")
    with world.engine.begin(SYSTEM) as command:
        due = "2026-11-20T03:00:00+00:00"
        for kind in ("task_assigned", "task_due_soon", "task_overdue", "novel_kind"):
            notifications.tell(command, [clerk.user_id], kind, step="核验", due=due)
        notifications.tell(command, [clerk.user_id], "process_notice", text="<i>钥匙到了</i>")
    client = sign_in("clerk")

    text = client.get("/account/notifications").text
    assert "「核验」交给你办" in text
    assert "「核验」11:00 到期" in text
    assert "已超时" in text
    assert "&lt;i&gt;钥匙到了" in text
    assert "5 条未读" in text

    client.post("/account/notifications/read")
    assert "都读过了" in client.get("/account/notifications").text
