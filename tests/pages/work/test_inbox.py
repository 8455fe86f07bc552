from __future__ import annotations

from typing import Any

from tests.pages.work.conftest import SignIn


def test_lists_a_claimable_task_with_procedure_unit_and_starter(
    started: Any, sign_in: SignIn
) -> None:
    page = sign_in("assistant").get("/?box=claimable").text
    assert "check" in page
    assert "3-2-1201" in page
    assert "Clerk 发起" in page
    assert "陈大文" in page
