"""The shipped scenarios, told at the counter: who opens which step and types what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lxml import etree

from engine.demo.scripts import FAMILY, Step, script
from engine.deployment import library
from tests.browser.person import Person

OWNER, INSPECTION = "move_in_owner", "unit_handover_inspection"
RECTIFICATION = "handover_defect_rectification"
# Inspection lists come with the rows the company set; what a scenario does not mention is in order.
INSPECTED = ("items", "engineering_items")


@cache
def names(process_id: str) -> Mapping[str, str]:
    """Give the Chinese names of the steps of a shipped process."""
    drawn = etree.fromstring(library.files(FAMILY)[f"{process_id}.bpmn"])
    return {str(one.get("id")): str(one.get("name")) for one in drawn.iter() if one.get("name")}


class Story:
    """A scenario that people play, each in a browser of their own."""

    def __init__(
        self,
        come: Callable[..., Person],
        case: str,
        process_id: str = OWNER,
        *,
        unit: str = "",
        **device: Any,
    ) -> None:
        self.process_id = process_id
        self.steps = script(process_id, case).steps
        self.unit = unit or str(self.steps[0].entered["unit_no"])
        self.page = ""
        self._come, self._device = come, device
        self._people: dict[str, Person] = {}

    def person(self, username: str) -> Person:
        """Give somebody of the story."""
        if username not in self._people:
            self._people[username] = self._come(username, **self._device)
        return self._people[username]

    def step(self, element_id: str, nth: int = 0) -> Step:
        """Give the nth pass through a step."""
        return [one for one in self.steps if one.element_id == element_id][nth]

    def begin(self, arrive: Callable[[Person, str], None] | None = None) -> Person:
        """Start the procedure; its page is the story's. `arrive` leads to the start form another way."""
        first = self.steps[0]
        person = self.person(first.actor)
        if arrive:
            arrive(person, self.unit)
        else:
            person.go(f"/start/{self.process_id}")
        self.fill(person, first.entered | {"unit_no": self.unit})
        self._finish(person, f"00-{self.process_id}")
        self.page = person.page.url
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
        person.open_step(names(step.process_id)[step.element_id], self.unit)
        self.fill(person, step.entered | changed)
        self._finish(person, album or step.element_id)
        return person

    def fill(self, person: Person, entered: Mapping[str, Any]) -> None:
        """Type what is to be entered, into the form that is open."""
        person.typist.fill(entered)
        for name in INSPECTED:
            person.typist.choose_rest(name, "ok")

    def _finish(self, person: Person, album: str) -> None:
        person.shoot(f"{self.unit}-{person.width}-{album}")
        status = person.submit()
        assert status == 302, (album, status, person.faults.all_text_contents())
