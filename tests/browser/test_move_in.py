"""An owner moves in, from arrival to archive, by the people whose work it is."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.story import Story


def test_an_individual_owner_moves_in_from_arrival_to_archive(visit: Visit) -> None:
    story = Story(visit, "个人业主一次办完")
    clerk = story.begin()
    story.play()
    # then: the clerk sees on the instance's page that it has ended, and prints what belongs to it
    clerk.go(story.page)
    expect(clerk.page.locator(".gc-head .gc-stamp.is-done")).to_be_visible()
    clerk.shoot("3-2-1201-instance")
    prints_letter_and_receipt(clerk)
    clerk.go("/units?text=3-2-1201")
    clerk.page.click("text=1201")
    expect(clerk.page.locator("main .gc-head")).to_contain_text("已入住")


def prints_letter_and_receipt(clerk) -> None:
    links = clerk.page.locator('a[href*="/records/"]')
    for link in [one.get_attribute("href") for one in links.all()]:
        clerk.go(link)
        clerk.shoot("record-" + re.sub(r"\W+", "-", link)[-30:])
