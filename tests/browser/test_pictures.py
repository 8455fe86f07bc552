"""Photographs on their way to the server: refused, or still travelling while the form changes."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Route, expect

from tests.browser.conftest import Visit
from tests.browser.typist import photo


def test_a_file_that_is_no_picture_is_refused_at_its_place(visit: Visit) -> None:
    fake: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": b"MZ not a picture"}  # fmt: skip
    assistant = visit("huangsimin")
    assistant.open_step("登记、验证资料", "2-1-1001")
    assistant.typist.fill({"verify_note": "照片传不上"})
    photos = assistant.page.locator("[data-photos]").last
    photos.locator("input[type=file]").set_input_files(fake)
    expect(photos.locator("figcaption")).to_contain_text("只收")
    assistant.shoot("photo-refused")
    expect(photos.locator("input[type=hidden]")).to_have_count(0)
    assert assistant.typist.named("verify_note").input_value() == "照片传不上"


def test_a_picture_still_on_its_way_survives_a_change_of_the_form(visit: Visit) -> None:
    # given: a slow line
    assistant = visit("hejiaxin")
    assistant.open_step("登记、验证资料", "2-1-1001")
    travelling: list[Route] = []

    def hold(route: Route) -> None:
        travelling.append(route)

    assistant.page.route("**/uploads", hold)
    photos = assistant.page.locator("[data-photos]").last
    with assistant.page.expect_request("**/uploads"):
        photos.locator("input[type=file]").set_input_files(photo())
    expect(photos.locator("progress")).to_be_visible()
    # when: an answer brings other fields, and only then the picture arrives
    assistant.typist.fill({"docs_result": "complete"})
    expect(assistant.typist.named("form_complete")).to_be_visible()
    travelling[0].continue_()
    # then
    expect(photos.locator("figure input[type=hidden]")).to_have_count(1)
