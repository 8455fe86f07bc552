"""The shipped scenarios, told at the counter: who opens which step and types what."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lxml import etree
from playwright.sync_api import expect

from engine.demo.scripts import Step, bundle, script
from tests.browser.person import Person

OWNER, INSPECTION = "move_in_owner", "unit_handover_inspection"
RECTIFICATION = "handover_defect_rectification"
# Inspection lists come with the rows the company set; what a scenario does not mention is in order.
INSPECTED = ("items", "engineering_items")
NUMBER = re.compile(r"\b[A-Z]{2,}-\d{8}-\d{3,}\b")
ENDED = {"zh": "已办结", "en": "Done"}
Way = Callable[[Person], None]


@cache
def names(process_id: str, locale: str = "zh") -> Mapping[str, str]:
    """Give the names of the steps of a shipped process."""
    files = bundle(process_id)
    drawn = etree.fromstring(files[f"{process_id}.bpmn"])
    texts = json.loads(files.get(f"texts/{locale}.json", b"{}"))
    named = {str(one.get("id")): str(one.get("name")) for one in drawn.iter() if one.get("name")}
    return {key: texts.get(f"{process_id}.{key}.name", name) for key, name in named.items()}


class Story:
    """A scenario that people play, each in a browser of their own.

    `unit` takes the place of the scenario's unit. `ways` lead to a step otherwise than through the inbox (a code that is
    scanned); the way to the start form is that of the step "". What a scenario waits for, time or messages of others, is
    not waited for here.
    """

    def __init__(
        self,
        come: Callable[..., Person],
        case: str,
        process_id: str = OWNER,
        *,
        unit: str = "",
        locale: str = "zh",
        **device: Any,
    ) -> None:
        self.process_id, self.locale = process_id, locale
        self.steps = script(process_id, case).steps
        self.told = str(self.steps[0].entered.get("unit_no", ""))
        self.unit = unit or self.told
        self.page = self.number = ""
        self.ways: dict[str, Way] = {}
        self._come, self._device = come, device
        self._people: dict[str, Person] = {}

    def person(self, username: str) -> Person:
        """Give somebody of the story."""
        if username not in self._people:
            self._people[username] = self._come(username, locale=self.locale, **self._device)
        return self._people[username]

    def step(self, element_id: str, nth: int = 0) -> Step:
        """Give the nth pass through a step."""
        return [one for one in self.steps if one.element_id == element_id][nth]

    def name(self, step: Step) -> str:
        """Give the name of a step as its people read it."""
        return names(step.process_id, self.locale)[step.element_id]

    def begin(self) -> Person:
        """Start the procedure; its page is the story's."""
        first = self.steps[0]
        person = self.person(first.actor)
        if "" in self.ways:
            self.ways[""](person)
        else:
            person.go(f"/start/{self.process_id}")
        self.fill(person, self._here(first.entered) | self._where())
        self._finish(person, f"00-{self.process_id}")
        if "/tasks/" in person.page.url:
            self.page = str(person.crumb.get_attribute("href"))
        else:
            self.page = person.page.url
        self.number = NUMBER.findall(person.page.locator("main").inner_text())[0]
        return person

    def play(self, *, since: str = "", until: str = "") -> None:
        """Play from the first task, or a later one, up to a step (not done) or the end."""
        order = [step.element_id for step in self.steps]
        first, last = order.index(since) if since else 1, order.index(until) if until else None
        for number, step in list(enumerate(self.steps))[first:last]:
            self.do(step, album=f"{number:02}-{step.element_id}")

    def do(self, step: Step, *, by: str = "", album: str = "", **changed: Any) -> Person:
        """Let the person whose step it is find it, fill it in and finish it."""
        person = self.person(by or step.actor)
        if step.element_id in self.ways:
            self.ways[step.element_id](person)
        person.open_step(self.name(step), self.unit or self.number)
        self.fill(person, self._here(step.entered) | changed)
        self._finish(person, album or step.element_id)
        return person

    def assert_ended(self, person: Person) -> None:
        """The instance's page says that it has ended, and every step is on the way there."""
        person.go(self.page)
        person.wait_for(person.page.locator(".gc-head .gc-stamp.is-done"))
        expect(person.page.locator(".gc-head .gc-stamp")).to_have_text(ENDED[self.locale])
        course = person.page.locator(".gc-time").inner_text()
        assert [name for name in map(self.name, self.steps[1:]) if name not in course] == []
        person.shoot(f"{self.unit or self.process_id}-{person.width}-{self.locale}-instance")

    def fill(self, person: Person, entered: Mapping[str, Any]) -> None:
        """Type what is to be entered, into the form that is open."""
        person.typist.fill(entered)
        for name in INSPECTED:
            person.typist.choose_rest(name, "ok")

    def _where(self) -> dict[str, str]:
        return {"unit_no": self.unit} if self.unit else {}

    def _here(self, value: Any) -> Any:
        """Say of the story's unit what is told of the scenario's."""
        if isinstance(value, dict):
            return {key: self._here(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._here(one) for one in value]
        if isinstance(value, str) and self.told:
            return value.replace(self.told, self.unit)
        return value

    def _finish(self, person: Person, album: str) -> None:
        called = self.unit or self.process_id
        person.shoot(f"{called}-{person.width}-{self.locale}-{album}")
        status = person.submit()
        assert status == 302, (album, status, person.faults.all_text_contents())
