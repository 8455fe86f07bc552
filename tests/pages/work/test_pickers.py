from __future__ import annotations

from tests.pages.conftest import SignIn
from tests.world import World


def test_suggests_units_of_the_site_by_number(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("clerk")
    found = client.get("/pickers/units?q=3栋2单元1201&site=north").json
    assert [one["value"] for one in found] == ["3-2-1201"]
    assert client.get("/pickers/units?q=9-9-9999&site=north").json == []


def test_suggests_nothing_of_other_sites(deployed: World, sign_in: SignIn) -> None:
    client = sign_in("stranger")
    assert client.get("/pickers/units?q=3-2-1201").json == []
    assert client.get("/pickers/units?q=3-2-1201&site=north").status_code == 404
    assert client.get("/pickers/people?q=&site=north").status_code == 404
    names = [one["value"] for one in client.get("/pickers/people?q=").json]
    assert "clerk" not in names
    assert "stranger" in names


def test_suggests_colleagues_with_their_role(deployed: World, sign_in: SignIn) -> None:
    found = sign_in("clerk").get("/pickers/people?q=assist&site=north").json
    assert found == [{"value": "assistant", "label": "Assistant", "detail": "物业助理"}]
