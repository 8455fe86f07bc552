"""Work under way at the demo company: the shipped scenarios played up to some step, on days that have passed."""

from __future__ import annotations

import datetime as dt
import heapq
import logging
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from engine import attachments, counter, starts, submissions, tasks, worker
from engine.demo import pictures
from engine.demo.itinerary import COMPANY_AGENT, JOURNEYS, MOVING_IN, Journey
from engine.demo.people import ONLY_ONCE, STAFF
from engine.demo.scripts import Retelling, Step, happened, script
from engine.deployment import definitions
from engine.engine import Command, Engine
from engine.errors import EngineError
from engine.forms import Form
from engine.models.identity import Site, User
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.registry import COMPANY, OCCUPIED, PENDING_MOVE_IN, Customer, Occupancy, Unit
from engine.models.task import CREATED, UserTask
from engine.policy import limits
from engine.staff.access import Actor, load_actor

log = logging.getLogger(__name__)

KEPT_FREE = ("3-2-1201", "A1205")  # for whoever wants to begin from the beginning
PACE = dt.timedelta(minutes=12)


class Past:
    """An engine on the same database whose clock is moved through the days that have passed."""

    def __init__(self, engine: Engine) -> None:
        self.until = engine.clock()
        self.now = self.until
        self.engine = Engine(
            engine.bind, home=engine.home, secret=engine.secret, clock=lambda: self.now
        )

    def go(self, moment: dt.datetime) -> None:
        """Move on to a moment, with the timers and jobs of every night between on their day."""
        while self.now + dt.timedelta(days=1) < moment:
            self.now += dt.timedelta(days=1)
            worker.run_due(self.engine)
        self.now = max(self.now, moment)
        worker.run_due(self.engine)


class Play:
    """One journey being played for one unit and its owner."""

    def __init__(
        self, past: Past, journey: Journey, site: Site, unit: Unit, owner: Customer
    ) -> None:
        self.past = past
        self.journey = journey
        self.site = site
        self.script = script(journey.process_id, journey.case)
        self.begins = _begin(past, journey, site)
        self.retelling = Retelling(self.script, unit, owner, self.begins.date())
        *called, element_id = (journey.stop or "").split(".")
        self.stop = (
            (called[0] if called else journey.process_id, element_id) if element_id else None
        )
        self.instance_key = 0
        self.pictures = unit.id

    def moments(self) -> Iterator[dt.datetime]:
        """Do one step at each moment that is yielded, until the journey has come as far as it goes."""
        moment = self.begins
        for step in self.script.steps:
            yield moment
            task = self._task(step.process_id, step.element_id) if step.element_id else None
            if step.element_id and task is None:
                return  # time alone brings the next step
            if self._is_stop(step):
                self._claim(step, task)
                return
            self._do(step, task)
            moment += PACE

    def has_arrived(self) -> bool:
        """Whether the journey stands where it should, or has ended if it should go to the end."""
        if self.stop is not None:
            return self._task(*self.stop) is not None
        with self.past.engine.read() as session:
            return session.get_one(ProcessInstance, self.instance_key).status == COMPLETED

    def _is_stop(self, step: Step) -> bool:
        return (step.process_id, step.element_id) == self.stop

    def _do(self, step: Step, task: UserTask | None) -> None:
        with self.past.engine.begin(self._actor(step)) as command:
            known = self._variables(command.session)
            entered = self.retelling.entered(step, known, lambda kind: self._upload(command, kind))
            if task is not None:
                form = submissions.form_of(command, task.definition_key, task.form_id)
                tasks.complete(command, task.key, self._happened(command, form, entered))
                return
            definition = definitions.latest(command.engine, command.session, step.process_id)
            form = submissions.form_of(command, definition.key, definition.start_form_id)
            entered = self._happened(command, form, entered)
            self.instance_key = starts.start(command, definition, self.site, entered).key

    def _happened(
        self, command: Command, form: Form | None, entered: dict[str, Any]
    ) -> dict[str, Any]:
        local = command.now.astimezone(ZoneInfo(self.site.timezone))
        return happened(form, entered, local) if form else entered

    def _claim(self, step: Step, task: UserTask | None) -> None:
        if self.journey.claimed and task is not None:
            with self.past.engine.begin(self._actor(step)) as command:
                tasks.claim(command, task.key)

    def _task(self, process_id: str, element_id: str) -> UserTask | None:
        query = (
            select(UserTask)
            .join(ProcessInstance, ProcessInstance.key == UserTask.instance_key)
            .where(
                UserTask.state == CREATED,
                UserTask.process_id == process_id,
                UserTask.element_id == element_id,
                or_(
                    ProcessInstance.key == self.instance_key,
                    ProcessInstance.parent_key == self.instance_key,
                ),
            )
            .order_by(UserTask.key)
            .limit(1)
        )
        with self.past.engine.read() as session:
            return session.scalar(query)

    def _actor(self, step: Step) -> Actor:
        role = {person.username: person.role for person in STAFF}
        username = step.actor.removesuffix("2")
        if self.site.key == "lianhe" and role[username] not in ONLY_ONCE:
            username += "2"
        with self.past.engine.read() as session:
            user_id = session.scalars(select(User.id).where(User.username == username)).one()
            actor = load_actor(session, user_id)
        assert actor is not None  # noqa: S101 - the demo's accounts are active
        return actor

    def _variables(self, session: Session) -> dict[str, object]:
        if not self.instance_key:
            return {}
        return dict(session.get_one(ProcessInstance, self.instance_key).variables)

    def _upload(self, command: Command, kind: str) -> str:
        draw = pictures.signature if kind == "sign" else pictures.photo
        stored = attachments.store(
            command,
            self.site.id,
            draw(self.pictures),
            f"{kind}.png",
            kind="signature" if kind == "sign" else "photo",
            instance_key=self.instance_key or None,
        )
        self.pictures += 1000
        command.session.flush()
        return str(stored.key)


def play(engine: Engine) -> int:
    """Play all journeys in the order of time, up to now; give how many came as far as they should.

    A journey that is refused on the way, because a process was changed, stays where it is and is logged.
    """
    past = Past(engine)
    with engine.read() as session:
        plays = list(_cast(past, session))
    past.now = min(play.begins for play in plays)
    queue = [(play.begins, number, play.moments()) for number, play in enumerate(plays)]
    for _, _, moments in queue:
        next(moments)
    heapq.heapify(queue)
    while queue:
        moment, number, moments = heapq.heappop(queue)
        past.go(min(moment, past.until))
        try:
            heapq.heappush(queue, (next(moments), number, moments))
        except StopIteration:
            continue
        except EngineError as error:
            log.warning("demo journey %s: %s %s", plays[number].journey, error, vars(error))
    past.go(past.until)
    _queue_up(past)
    return sum(play.has_arrived() for play in plays)


def _cast(past: Past, session: Session) -> Iterator[Play]:
    """Give every journey a site and a unit: one that waits for its owner to move in, or one where somebody lives."""
    sites = {site.key: site for site in session.scalars(select(Site))}
    stock = {
        (key, status): _owned(session, site, status)
        for key, site in sites.items()
        for status in (PENDING_MOVE_IN, OCCUPIED)
    }
    for journey in JOURNEYS:
        wants_company = journey.case == COMPANY_AGENT
        status = PENDING_MOVE_IN if journey.process_id in MOVING_IN else OCCUPIED
        pairs = stock[journey.site, status]
        index = next(i for i, (_, c) in enumerate(pairs) if (c.kind == COMPANY) == wants_company)
        yield Play(past, journey, sites[journey.site], *pairs.pop(index))


def _owned(session: Session, site: Site, status: str) -> list[tuple[Unit, Customer]]:
    query = (
        select(Occupancy)
        .join(Occupancy.unit)
        .where(Unit.site_id == site.id, Unit.status == status, Occupancy.relation == "owner")
        .options(selectinload(Occupancy.unit), selectinload(Occupancy.customer))
        .order_by(Unit.label)
    )
    found = session.scalars(query.where(Unit.label.not_in(KEPT_FREE)))
    return [(occupancy.unit, occupancy.customer) for occupancy in found]


def _begin(past: Past, journey: Journey, site: Site) -> dt.datetime:
    if journey.minutes:
        return past.until - dt.timedelta(minutes=journey.minutes)
    with past.engine.read() as session:
        calendar = limits.calendar(session, site)
    if journey.by_calendar:
        day = calendar.date_of(past.until) - dt.timedelta(days=journey.days)
        return calendar.spans(day)[0][0] + PACE
    opening = calendar.add(past.until, f"-P{journey.days}D", "working")
    return opening + PACE * (1 + journey.days % 4)


def _queue_up(past: Past) -> None:
    """Let a few people wait at the counter of the residential site, two of them at a window."""
    with past.engine.read() as session:
        site = session.scalars(select(Site).where(Site.key == "liyuan")).one()
        clerk_id = session.scalars(select(User.id).where(User.username == "liyutong")).one()
        clerk = load_actor(session, clerk_id)
    assert clerk is not None  # noqa: S101 - the demo's accounts are active
    with past.engine.begin(clerk) as command:
        for service in ("move_in", "payment", "move_in", "repair", "move_in"):
            counter.take(command, site, service)
        for window in ("1", "2"):
            called = counter.call_next(command, site, window)
            if called is not None:
                counter.serve(command, called.id)
