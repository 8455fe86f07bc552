"""The counter queue (取号): who waits, who is called to which window, who is served."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine import numbers
from engine.engine import Command
from engine.errors import Conflict, NotAllowed, NotFound, Rejected
from engine.models.identity import Site
from engine.models.queue import CALLED, DONE, OPEN, SERVING, SKIPPED, WAITING, Ticket
from engine.staff.access import Actor

# Every service has its own letter, so that people hear from the number which queue moves.
SERVICES = {"move_in": "A", "payment": "B", "repair": "C", "other": "D"}
ROLES = frozenset(
    {
        "front_desk",
        "service_assistant",
        "service_supervisor",
        "service_manager",
        "finance_clerk",
        "site_director",
    }
)
LAST_CALLS = 3
LONGEST_WINDOW = 16


@dataclass(frozen=True)
class Board:
    """What hangs over the counter: who is at which window, who was called last, how many wait for what."""

    at_windows: list[Ticket]
    last_called: list[Ticket]
    waiting: list[Ticket]
    waiting_by_service: dict[str, int]


def take(
    command: Command,
    site: Site,
    service: str,
    *,
    unit_label: str = "",
    instance_key: int | None = None,
) -> Ticket:
    """Give the next number of today for a service: A001, A002 … Raises NotAllowed, or Rejected for an unknown service."""
    _require_counter(command.actor, site.id)
    if service not in SERVICES:
        raise Rejected(reason=f"no service {service}")
    day = numbers.today(command, site)
    letter = SERVICES[service]
    ticket = Ticket(
        site_id=site.id,
        day=day,
        service=service,
        label=f"{letter}{numbers.count(command, f'queue:{letter}', site, day):03}",
        state=WAITING,
        unit_label=unit_label[:64],
        instance_key=instance_key,
        taken_at=command.now,
        calls=0,
    )
    command.session.add(ticket)
    command.session.flush()
    return ticket


def call_next(
    command: Command, site: Site, window: str, services: Collection[str] = tuple(SERVICES)
) -> Ticket | None:
    """Call whoever has waited longest for one of the services to a window; None when nobody waits.

    Whoever was served at the window is done, whoever was called there and did not come is skipped. Two windows never
    call the same number. Raises NotAllowed, or Rejected for a window without a name.
    """
    _require_counter(command.actor, site.id)
    window = window.strip()
    if not window or len(window) > LONGEST_WINDOW:
        raise Rejected(reason="which window?")
    for before in _at_window(command, site, window):
        _move(command, before, DONE if before.state == SERVING else SKIPPED)
    waiting = (
        _today(command, site)
        .where(Ticket.state == WAITING, Ticket.service.in_(list(services)))
        .order_by(Ticket.taken_at, Ticket.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    ticket = command.session.scalar(waiting)
    if ticket is not None:
        ticket.window = window
        _move(command, ticket, CALLED)
    command.session.flush()
    return ticket


def recall(command: Command, ticket_id: int) -> Ticket:
    """Call a number again: one that was called and has not come, or one that was skipped and has come after all."""
    return _step(command, ticket_id, (CALLED, SKIPPED), CALLED)


def serve(command: Command, ticket_id: int, *, instance_key: int | None = None) -> Ticket:
    """Note that the person called is at the window, and which process instance was started there."""
    ticket = _step(command, ticket_id, OPEN, SERVING)
    if instance_key is not None:
        ticket.instance_key = instance_key
        command.session.flush()
    return ticket


def link(command: Command, ticket_id: int, instance_key: int) -> Ticket:
    """Note which process instance was started for a number, whatever has become of the number meanwhile."""
    ticket = get(command.session, command.actor, ticket_id)
    _require_counter(command.actor, ticket.site_id)
    ticket.instance_key = instance_key
    command.session.flush()
    return ticket


def finish(command: Command, ticket_id: int) -> Ticket:
    """Note that a number is served."""
    return _step(command, ticket_id, OPEN, DONE)


def skip(command: Command, ticket_id: int) -> Ticket:
    """Pass over a number whose holder did not come."""
    return _step(command, ticket_id, (WAITING, CALLED), SKIPPED)


def board(session: Session, site: Site, day: dt.date) -> Board:
    """Show the queue of a site on a local day."""
    query = select(Ticket).where(Ticket.site_id == site.id, Ticket.day == day)
    called = query.where(Ticket.called_at.is_not(None)).order_by(Ticket.called_at.desc())
    waiting = list(
        session.scalars(query.where(Ticket.state == WAITING).order_by(Ticket.taken_at, Ticket.id))
    )
    return Board(
        at_windows=list(
            session.scalars(query.where(Ticket.state.in_(OPEN)).order_by(Ticket.window))
        ),
        last_called=list(session.scalars(called.limit(LAST_CALLS))),
        waiting=waiting,
        waiting_by_service={s: sum(t.service == s for t in waiting) for s in SERVICES},
    )


def position(session: Session, ticket: Ticket) -> int:
    """Tell how many wait before a number for the same service; 0 when it is the next or no longer waits."""
    if ticket.state != WAITING:
        return 0
    ahead = select(func.count()).where(
        Ticket.site_id == ticket.site_id,
        Ticket.day == ticket.day,
        Ticket.state == WAITING,
        Ticket.service == ticket.service,
        Ticket.id < ticket.id,
    )
    return session.scalar(ahead) or 0


def of_instance(session: Session, instance_key: int) -> Ticket | None:
    """Give the number for which an instance was started, None for one that was not started at the counter."""
    query = select(Ticket).where(Ticket.instance_key == instance_key).order_by(Ticket.id.desc())
    return session.scalar(query.limit(1))


def get(session: Session, actor: Actor, ticket_id: int) -> Ticket:
    """Give a number of a site where the actor works. Raises NotFound, also for those of other sites."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not actor.belongs_to(ticket.site_id):
        raise NotFound(noun="number", key=ticket_id)
    return ticket


def _step(command: Command, ticket_id: int, allowed: Collection[str], state: str) -> Ticket:
    ticket = get(command.session, command.actor, ticket_id)
    _require_counter(command.actor, ticket.site_id)
    command.session.refresh(ticket, with_for_update=True)
    if ticket.state not in allowed:
        raise Conflict(noun="number", key=ticket.label, state=ticket.state)
    _move(command, ticket, state)
    command.session.flush()
    return ticket


def _move(command: Command, ticket: Ticket, state: str) -> None:
    ticket.state = state
    if state == CALLED:
        ticket.called_at, ticket.ended_at = command.now, None
        ticket.calls += 1
    elif state == SERVING:
        ticket.served_at = ticket.served_at or command.now
    else:
        ticket.ended_at = command.now


def _at_window(command: Command, site: Site, window: str) -> list[Ticket]:
    query = _today(command, site).where(Ticket.window == window, Ticket.state.in_(OPEN))
    return list(command.session.scalars(query.with_for_update()))


def _today(command: Command, site: Site) -> Select[Ticket]:
    return select(Ticket).where(
        Ticket.site_id == site.id, Ticket.day == numbers.today(command, site)
    )


def _require_counter(actor: Actor, site_id: int) -> None:
    if not any(actor.has(role, site_id) for role in ROLES):
        raise NotAllowed(reason="the counter of this site")
