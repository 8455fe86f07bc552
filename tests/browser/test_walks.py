"""Each family of procedures, walked through once by the people whose work it is, as its shipped scenarios tell it.

The suite walks each family in one language at one width, turn about. `make walk` walks all of them, and longer scenarios, in
both languages and at both widths, and keeps a picture of every step and record.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Device, Visit
from tests.browser.person import ALBUM, Person
from tests.browser.story import Story

EVERYTHING = os.environ.get("GUICHENG_WALKS") == "all"
DEVICES = {"desk": DESK, "phone": PHONE}


@dataclass(frozen=True)
class Walk:
    """A scenario and how it is walked; `leaves` are the records that can be printed in the end."""

    process_id: str
    case: str
    leaves: frozenset[str] = frozenset()
    locale: str = "zh"
    device: str = "desk"


RENOVATION = {"renovation_application_form", "renovation_approval_form"}
VIOLATION = {"rectification_notice", "renovation_violation_record"}
CUSTODY = {"custody_record", "incident_record"}
COMPLAINT = {"complaint_register", "follow_up_record"}

FAMILIES = (
    Walk("renovation_application", "公司不同意", frozenset(RENOVATION), "en"),
    Walk("complaint_handling", "投诉员工违纪", frozenset(COMPLAINT), "zh", "phone"),
    Walk("emergency_drunk_mental", "醉酒", frozenset(CUSTODY), "en", "phone"),
    Walk("emergency_gas", "能判明", frozenset({"incident_record"})),
    Walk("goods_release", "公司产品", frozenset({"goods_release_slip"}), "en"),
)
LONG = (
    Walk("renovation_violation", "危险违章", frozenset(VIOLATION)),
    Walk("complaint_handling", "上级转来"),
    Walk("emergency_theft", "又偷又砸"),
    Walk("goods_release", "危险品欠费"),
)
# Homes where no other test has anything to do.
UNITS = [f"3-2-{floor}{door:02}" for floor in (*range(5, 12), 13, 16, 17) for door in (1, 2)]


def walks() -> list[Walk]:
    if not EVERYTHING:
        return list(FAMILIES)
    ways = product((*FAMILIES, *LONG), ("zh", "en"), DEVICES)
    return [Walk(w.process_id, w.case, w.leaves, locale, device) for w, locale, device in ways]


def named(walk: Walk) -> str:
    return f"{walk.process_id}-{walk.locale}-{walk.device}"


@pytest.mark.parametrize(("number", "walk"), list(enumerate(walks())), ids=map(named, walks()))
def test_its_people_walk_a_procedure_to_its_end(visit: Visit, number: int, walk: Walk) -> None:
    device: Device = DEVICES[walk.device]
    unit = "" if walk.process_id.startswith("emergency") else UNITS[number % len(UNITS)]
    story = Story(visit, walk.case, walk.process_id, unit=unit, locale=walk.locale, **device)
    story.ways["t_gate"] = lambda guard: scan(guard, story)
    starter = story.begin()
    story.play()
    # then
    story.assert_ended(starter)
    assert printed(starter) >= walk.leaves
    look_at_records(starter, walk)


def scan(guard: Person, story: Story) -> None:
    """Point the telephone at the code of the slip: it leads to the guard's task."""
    guard.go(story.page.replace("/instances/", "/q/"))
    assert "/tasks/" in guard.page.url


def printed(person: Person) -> set[str]:
    links = person.page.locator('a[href*="/records/"]')
    return set(links.evaluate_all("all => all.map((one) => one.href.split('/').pop())"))


def look_at_records(person: Person, walk: Walk) -> None:
    """Every record opens with the code that leads back."""
    key = person.page.url.rpartition("/")[2]
    for record in sorted(printed(person) if ALBUM else walk.leaves):
        person.go(f"/records/{key}/{record}")
        expect(person.page.locator(".gc-slip").first.locator("img.qr")).to_be_visible()
        person.shoot(f"record-{person.width}-{walk.locale}-{walk.process_id}-{record}")
