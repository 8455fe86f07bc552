"""The board of supervisors: who sees it, what stands on it, what it gives as Excel."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.world import World

LIMIT = "complaint.verify_within"  # the same day
KPIS = [
    {
        "key": "care.answered", "zh": "答复率", "en": "Answered in time",
        "text": {"zh": "按时答复 ÷ 到期", "en": "answered in time ÷ due"},
        "source": "000 制度9 §8", "period": "month", "of": {"tasks": ["care.t_answer"]},
        "met": "in_time", "target": {"at_least": 0.95},
    },
    {
        "key": "care.number", "zh": "=件数", "en": "Number",
        "text": {"zh": "发起件数", "en": "started"}, "source": "【设】", "period": "day",
        "of": {"instances": ["care"]}, "target": {"at_most": 2},
    },
]  # fmt: skip


@pytest.fixture
def care(world: World, clock: Clock) -> World:
    """Three instances: answered in time, answered late, overdue."""
    body = user_task("t_answer", limit=LIMIT) + user_task(
        "a_sign", "service_supervisor", outcomes="approve,reject"
    )
    diagram = process(body + chain("s", "t_answer", "a_sign", "e"), "care")
    world.deploy({"care.bpmn": diagram, "kpis.json": json.dumps(KPIS).encode()})
    for hours in (1, 30, None):
        instance = world.start("care")
        if hours:
            clock.forward(hours=hours)
            world.complete("t_answer", of=instance)
            clock.forward(hours=-hours)
    clock.forward(hours=24)
    return world


def test_shows_overdue_workload_approvals_and_indicators(care: World, sign_in: SignIn) -> None:
    page = sign_in("supervisor").get("/board/").text
    assert "超时 1 项" in page
    assert "可领取" in page
    assert "a_sign" in page
    assert "33.3%" in page
    assert "1/3" in page
    assert "目标 ≥ 95%" in page
    assert "未达标" in page


def test_only_superiors_of_the_site_see_it(care: World, sign_in: SignIn) -> None:
    clerk = sign_in("clerk")
    assert clerk.get("/board/").status_code == 403
    assert "/board/" not in clerk.get("/").text
    assert clerk.get("/board/kpis/care.answered").status_code == 403
    assert clerk.get("/board/export.xlsx").status_code == 403
    stranger = sign_in("stranger")
    assert stranger.get("/board/?site=north").status_code == 404
    assert "超时 0 项" in stranger.get("/board/").text
    assert "/board/" in stranger.get("/").text


def test_an_indicator_leads_to_what_it_counted(care: World, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    page = client.get("/board/kpis/care.answered").text
    assert "按时答复 ÷ 到期" in page
    assert page.count('href="/instances/') == 3
    assert client.get("/board/kpis/care.answered?part=met").text.count('href="/instances/') == 1
    assert client.get("/board/kpis/care.answered?part=missed").text.count('href="/instances/') == 2
    before = client.get("/board/kpis/care.answered?day=2026-10-01").text
    assert "2026年10月" in before
    assert 'href="/instances/' not in before


@pytest.mark.parametrize("query", ["?day=nonsense", "?day=99999-01-01", "?day=0001-01-01"])
def test_refuses_days_that_are_none(care: World, sign_in: SignIn, query: str) -> None:
    assert sign_in("supervisor").get(f"/board/kpis/care.answered{query}").status_code == 404


@pytest.mark.parametrize("month", ["2026-10", "2031-01", "x", "0001-01"])
def test_any_month_shows_a_board(care: World, sign_in: SignIn, month: str) -> None:
    assert sign_in("supervisor").get(f"/board/?month={month}").status_code == 200


def test_an_unknown_indicator_is_not_found(care: World, sign_in: SignIn) -> None:
    assert sign_in("supervisor").get("/board/kpis/care.gone").status_code == 404


def test_gives_the_board_as_excel(care: World, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    sheets = _sheets(client.get("/board/export.xlsx").data)
    assert list(sheets) == ["指标", "超时", "各人手上"]
    assert sheets["指标"][1][:4] == ["答复率", "000 制度9 §8", "按时答复 ÷ 到期", "2026年11月"]
    assert "=件数" in [row[0] for row in sheets["指标"]]
    assert len(sheets["超时"]) == 2
    items = _sheets(client.get("/board/kpis/care.answered/export.xlsx?part=missed").data)
    assert [len(rows) for rows in items.values()] == [3]


def test_speaks_english(care: World, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    client.post("/account/language", data={"locale": "en"})
    page = client.get("/board/").text
    assert "Answered in time" in page
    assert "Overdue: 1" in page


def _sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = load_workbook(io.BytesIO(content))
    return {page.title: [list(row) for row in page.iter_rows(values_only=True)] for page in book}
