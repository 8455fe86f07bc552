from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.models.audit import AuditEntry
from engine.models.identity import User
from engine.policy import limits
from engine.policy import settings as choices
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.world import PASSWORD, World

HOURS = "move_in_owner.t_verify"
WORKING = "move_in_owner.t_conflict"
FIXED = "move_in.visit_within"


@pytest.fixture
def director(world: World) -> str:
    with world.engine.begin(SYSTEM) as command:
        user = identity.create_user(
            command, username="director", name="Director", password=PASSWORD
        )
        site = command.session.merge(world.site(), load=False)
        identity.grant(command, user, site, "site_director")
    return "director"


def limit(world: World, key: str, site: str | None = None) -> object:
    with world.engine.read() as session:
        return limits.values(session, world.site(site) if site else None, [key])[key]


def setting(world: World, key: str) -> object:
    with world.engine.read() as session:
        return choices.values(session, None, [key])[key]


def was(page: str) -> str:
    return page.split('name="was" value="')[1].split('"', maxsplit=1)[0].replace("&#34;", '"')


@pytest.mark.parametrize(
    "url", ["", "choices", f"limits/{HOURS}", "people", "deployments", "people/root"]
)
def test_is_closed_to_those_who_have_nothing_to_set(sign_in, url: str):
    assert sign_in("clerk").get(f"/settings/{url}").status_code == 403


def test_shows_limits_in_words_with_their_source(sign_in, world: World):
    text = sign_in("owner").get("/settings/").text
    assert "1 小时" in text
    assert "提前 1 个月" in text
    assert "001 入伙 5.4" in text


def test_changes_a_limit_for_the_company_and_back(sign_in, world: World):
    client = sign_in("owner")
    url = f"/settings/limits/{HOURS}"
    form = {"was": was(client.get(url).text), "number": "90", "unit": "minutes", "act": "change"}

    assert client.post(url, data=form).status_code == 302
    assert limit(world, HOURS) == "PT90M"
    assert "Owner 2026-11-20 改" in client.get("/settings/").text
    assert client.post(url, data=form).status_code == 409

    client.post(url, data={"was": was(client.get(url).text), "act": "restore"})
    assert limit(world, HOURS) == "PT1H"
    with world.engine.read() as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.startswith("limit"))
        )
        assert list(actions) == ["limit.changed"] * 2


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (HOURS, {"number": "soon", "unit": "hours"}),
        (HOURS, {"number": "-3", "unit": "hours"}),
        (HOURS, {"number": "9" * 9, "unit": "months"}),
        (HOURS, {"number": "3", "unit": "fortnights"}),
        (WORKING, {"number": "3", "unit": "months"}),
        ("move_in.owner_photos", {"value": "two"}),
        ("calendar.office", {"value": "from nine to five"}),
    ],
)
def test_refuses_a_limit_that_is_none_and_keeps_it_typed(
    sign_in, world: World, key: str, form: dict[str, str]
):
    client = sign_in("owner")
    url, before = f"/settings/limits/{key}", limit(world, key)
    answer = client.post(url, data=form | {"was": was(client.get(url).text), "act": "change"})
    assert answer.status_code == 422
    assert f'value="{form.get("number") or form.get("value")}"' in answer.text
    assert limit(world, key) == before


def test_lets_a_director_change_what_sites_may_at_the_own_site_only(
    sign_in, world: World, director: str
):
    client = sign_in(director)
    url = f"/settings/limits/{HOURS}?site=north"
    form = {"was": '"PT1H"', "number": "2", "unit": "hours", "site": "north", "act": "change"}

    assert client.post(url, data=form).status_code == 302
    assert (limit(world, HOURS, "north"), limit(world, HOURS)) == ("PT2H", "PT1H")
    assert client.get(f"/settings/limits/{FIXED}?site=north").status_code == 403
    assert client.get(f"/settings/limits/{HOURS}?site=south").status_code == 404
    assert client.get("/settings/?site=south").status_code == 404
    assert client.get("/settings/people").status_code == 403
    assert client.get("/settings/limits/no.such").status_code == 404


@pytest.mark.parametrize(
    ("key", "form", "value"),
    [
        ("move_in.keys_require_payment", {"value": "false"}, False),
        ("move_in.notice_issuer", {"value": "developer"}, "developer"),
        ("fee.management_rate", {"value": "3.45"}, 345),
        ("move_in.prepaid_months", {"value": "6"}, 6),
        ("move_in.optional_documents", {"value": ["notary_deed"]}, ["notary_deed"]),
        (
            "move_in.pack.items",
            {"value": "a | 《甲》\n\nb | 乙"},
            [{"value": "a", "label": "《甲》"}, {"value": "b", "label": "乙"}],
        ),
    ],
)
def test_changes_settings_of_every_kind(sign_in, world: World, key: str, form, value: object):
    client = sign_in("owner")
    url = f"/settings/choices/{key}"
    answer = client.post(url, data=form | {"was": was(client.get(url).text), "act": "change"})
    assert answer.status_code == 302
    assert setting(world, key) == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("move_in.keys_require_payment", "maybe"),
        ("move_in.notice_issuer", "the moon"),
        ("fee.management_rate", "three"),
        ("move_in.prepaid_months", "1.5"),
        ("move_in.optional_documents", "passport"),
        ("move_in.pack.items", "a | b | c"),
    ],
)
def test_refuses_settings_that_do_not_fit(sign_in, world: World, key: str, value: str):
    client = sign_in("owner")
    url = f"/settings/choices/{key}"
    form = {"value": value, "was": was(client.get(url).text), "act": "change"}
    answer = client.post(url, data=form)
    assert answer.status_code == 422
    assert setting(world, key) == choices.catalogue()[key]["default"]


def test_makes_an_account_whose_owner_sets_the_password(sign_in, world: World, client):
    admin = sign_in("root")
    made = admin.post("/settings/people", data={"username": "newcomer", "name": "新来"})
    link = made.text.split('id="address">')[1].split("<")[0]
    assert link.startswith("http://guicheng.test/reset/")

    path = link.removeprefix("http://guicheng.test")
    client.post(path, data={"new": "my own long phrase", "again": "my own long phrase"})
    signed = client.post("/login", data={"username": "newcomer", "password": "my own long phrase"})

    assert signed.status_code == 302


@pytest.mark.parametrize(
    "form",
    [
        {"username": "clerk", "name": "Twin"},
        {"username": "Big Name", "name": "x"},
        {"username": "fine", "name": " "},
        {},
    ],
)
def test_refuses_accounts_that_do_not_fit(sign_in, world: World, form: dict[str, str]):
    assert sign_in("root").post("/settings/people", data=form).status_code == 422


def test_grants_and_takes_back_a_role(sign_in, world: World):
    admin, url = sign_in("root"), "/settings/people/clerk"
    form = {"role": "archivist", "site": "south", "area": "East"}
    assert admin.post(f"{url}/grant", data=form).status_code == 302
    assert admin.post(f"{url}/grant", data=form).status_code == 422
    assert admin.post(f"{url}/grant", data={"role": "emperor"}).status_code == 422
    assert admin.post(f"{url}/grant", data={"role": "admin", "site": "moon"}).status_code == 422
    assert world.actor("clerk").has("archivist", world.site("south").id)

    row = admin.get(url).text.split('name="membership" value="')[2].split('"')[0]
    admin.post(f"{url}/revoke", data={"membership": row})

    assert not world.actor("clerk").has("archivist")
    assert admin.post(f"{url}/revoke", data={"membership": "9" * 30}).status_code == 404


def test_closes_an_account_at_once_but_never_ones_own(sign_in, world: World):
    clerk, admin = sign_in("clerk"), sign_in("root")

    admin.post("/settings/people/clerk/active", data={"active": "0"})

    assert clerk.get("/account/").status_code == 302
    assert admin.post("/settings/people/root/active", data={"active": "0"}).status_code == 422
    with world.engine.read() as session:
        assert session.scalars(select(User.active).where(User.username == "root")).one()


def test_gives_reset_links_to_administrators_only(sign_in, world: World):
    assert "/reset/" in sign_in("root").post("/settings/people/clerk/reset").text
    assert sign_in("owner").post("/settings/people/clerk/reset").status_code == 403
    assert sign_in("root").post("/settings/people/nobody/reset").status_code == 404


def test_lists_deployments(sign_in, world: World):
    assert "还没有部署过" in sign_in("owner").get("/settings/deployments").text
