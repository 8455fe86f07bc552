"""Printable records of process instances: what an instance gathered, put into the template its bundle brings.

A template is `prints/<record>.html` (see `engine.mustache` and `engine.paper`). It sees the variables of the instance and
what was submitted on the way, and beside them `site` (name, company), `unit` (name, label, floor_area, building),
`instance` (number, business_key, procedure, started_at, qr), `steps` (name, actor, completed_at),
`done` (the last of them by element id: `done.t_pay.actor`) and `printed_at`.
Filters: money (yuan), capitals (大写), date, signature (the ink), tick (☑ or ☐).
"""

from __future__ import annotations

import base64
import datetime as dt
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from engine import attachments, corrections, instances
from engine import money as amounts
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Engine
from engine.errors import NotFound
from engine.forms import Form
from engine.models.definition import Resource
from engine.models.identity import Membership, User
from engine.models.instance import ProcessInstance
from engine.models.registry import Unit
from engine.models.task import COMPLETED, UserTask
from engine.printing import mustache, paper
from engine.staff.access import Actor

FOLDER, SUFFIX = "prints/", ".html"
LARGEST_PICTURE = 3_000_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Sheet:
    """A record ready to print: its name, the definition it belongs to, its cleaned markup."""

    title: str
    definition_key: int
    markup: str


def available(session: Session, instance: ProcessInstance) -> list[str]:
    """List the records that can be printed of an instance, in the version it was started with."""
    query = select(Resource.name).where(
        Resource.deployment_key == instance.definition.deployment_key,
        Resource.name.startswith(FOLDER),
        Resource.name.endswith(SUFFIX),
    )
    return sorted(name[len(FOLDER) : -len(SUFFIX)] for name in session.scalars(query))


def check(template: bytes) -> None:
    """Refuse a template that cannot be printed. Raises mustache.InvalidTemplate, with line and reason."""
    try:
        mustache.parse(template.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise mustache.InvalidTemplate(line=1, reason="it is not UTF-8") from error


def show(
    engine: Engine,
    session: Session,
    actor: Actor,
    key: int,
    record: str,
    *,
    qr: str = "",
    copies: Sequence[str] = (),
) -> Sheet:
    """Put an instance into one of its records; `qr` is a picture (data: URI) that leads back to it.

    `copies` name whom each copy is for; without them there is one. Raises NotFound, also for instances of other sites, and Rejected for a template with mistakes.
    """
    instance = instances.get(session, actor, key)
    definition, content = _template(engine, session, instance, record)
    printer = _Printer(engine, session, actor, instance, definition)
    text = mustache.render(
        mustache.parse(content.decode("utf-8")),
        gather(engine, session, instance, qr=qr),
        printer.filters(),
        printer.text,
    )
    sheets = paper.clean(text)
    paper.repeat(sheets, copies)
    return Sheet(
        title=paper.title(sheets) or record,
        definition_key=definition.key,
        markup=paper.write(sheets),
    )


def _template(
    engine: Engine, session: Session, instance: ProcessInstance, record: str
) -> tuple[Definition, bytes]:
    """Find a record in the bundle the instance was started with, else in that of a process it called."""
    called = (
        select(UserTask.definition_key)
        .where(UserTask.instance_key == instance.key)
        .group_by(UserTask.definition_key)
        .order_by(UserTask.definition_key)
    )
    if NAME.fullmatch(record):
        for key in dict.fromkeys([instance.definition_key, *session.scalars(called)]):
            definition = definitions.get(engine, session, key)
            name = f"{FOLDER}{record}{SUFFIX}"
            content = definitions.resource(session, definition.deployment_key, name)
            if content is not None:
                return definition, content
    raise NotFound(noun="record", key=record)


def gather(
    engine: Engine, session: Session, instance: ProcessInstance, *, qr: str = ""
) -> dict[str, Any]:
    """Give everything a record may print; what was submitted first is overwritten by what the instance holds now."""
    done = _completed(session, instance)
    said: dict[str, Any] = {}
    for task in done:
        said |= task.submitted or {}
    return said | instance.variables | {
        "site": {"name": instance.site.name, "company": instance.site.manager},
        "unit": _unit(session, instance),
        "process_instance": {
            "number": instance.number or str(instance.key),
            "business_key": instance.business_key,
            "procedure": instance.definition.name,
            "started_at": instance.started_at.isoformat(),
            "qr": qr,
        },
        "done": {task.element_id: _signature(task) for task in done},
        "steps": [
            {"name": task.name, **_signature(task)} for task in done
        ],
        "printed_at": engine.clock().isoformat(),
    }  # fmt: skip


def _signature(task: UserTask) -> dict[str, str]:
    return {
        "actor": task.completer.name if task.completer else "",
        "completed_at": task.completed_at.isoformat() if task.completed_at else "",
    }


def _completed(session: Session, instance: ProcessInstance) -> list[UserTask]:
    query = (
        select(UserTask)
        .where(UserTask.instance_key == instance.key, UserTask.state == COMPLETED)
        .options(undefer(UserTask.submitted), joinedload(UserTask.completer))
        .order_by(UserTask.completed_at, UserTask.key)
    )
    return list(session.scalars(query))


def _unit(session: Session, instance: ProcessInstance) -> dict[str, str]:
    unit = session.get(Unit, instance.unit_id) if instance.unit_id else None
    if unit is None:
        return {"name": instance.unit_label, "label": instance.unit_label}
    return {
        "name": unit.display,
        "label": unit.label,
        "floor_area": f"{unit.floor_area / 100:g}" if unit.floor_area else "",
        "building": unit.building.name,
    }


class _Printer:
    """Turns values into what stands on paper, for one instance as one actor may see it."""

    def __init__(
        self,
        engine: Engine,
        session: Session,
        actor: Actor,
        instance: ProcessInstance,
        definition: Definition,
    ) -> None:
        self._engine, self._session, self._actor = engine, session, actor
        self._site_id = instance.site_id
        self._zone = ZoneInfo(instance.site.timezone)
        own = definitions.get(engine, session, instance.definition_key)
        self._choices = {
            key: labels
            for of in {own.key: own, definition.key: definition}.values()
            for key, labels in _choices(engine, session, of, instance)
        }

    def filters(self) -> Mapping[str, mustache.Filter]:
        return {
            "money": lambda value: amounts.yuan(value) if _is_amount(value) else "",
            "capitals": lambda value: amounts.capitals(value) if _is_amount(value) else "",
            "date": lambda value: html.escape(self._date(value)),
            "signature": self._signature,
            "tick": lambda value: "☑" if value else "☐",
        }

    def text(self, name: str, value: Any) -> str:
        """Give a value in words: the label of a choice, 是 and 否, several joined."""
        if value is None or isinstance(value, Mapping):
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list | tuple):
            return "、".join(filter(None, (self.text(name, each) for each in value)))
        return self._choices.get(name.rpartition(".")[2], {}).get(str(value), str(value))

    def _date(self, value: Any) -> str:
        text = str(value or "")
        try:
            if DAY.fullmatch(text):
                return _day(dt.date.fromisoformat(text))
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            return text
        # A moment without a zone is meant in the site's.
        here = moment.astimezone(self._zone) if moment.tzinfo else moment
        return f"{_day(here)} {here:%H:%M}"

    def _signature(self, value: Any) -> str:
        keys = value if isinstance(value, list) else [value]
        return "".join(self._ink(str(key)) for key in keys if str(key or "").isdecimal())

    def _ink(self, key: str) -> str:
        try:
            found = attachments.get(self._session, self._actor, int(key))
        except NotFound:
            return ""
        fits = found.site_id == self._site_id and found.size <= LARGEST_PICTURE
        if not fits or not found.media_type.startswith("image/"):
            return ""
        content = attachments.path_of(self._engine, found).read_bytes()
        data = base64.b64encode(content).decode("ascii")
        return f'<img class="sg" alt="签名" src="data:{found.media_type};base64,{data}">'


def _day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _is_amount(value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 0 <= value < amounts.LIMIT


def _choices(
    engine: Engine, session: Session, definition: Definition, instance: ProcessInstance
) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the labels of the choices in the forms of a procedure, and the names of people, by field."""
    for form_id in sorted(definition.diagram.form_ids):
        try:
            form = definitions.form(engine, session, definition, form_id)
        except NotFound:
            continue
        yield from _computed(engine, definition, form, instance)
        for component in form.fields():
            if component.type == "person":
                yield component.key, _people(session, instance.site_id)
            written = component.data.get("values")
            if isinstance(written, list):
                pairs = (each for each in written if isinstance(each, dict))
                yield component.key, {str(p.get("value")): str(p.get("label")) for p in pairs}


def _people(session: Session, site_id: int) -> dict[str, str]:
    """Give the names of those who work at a site, by user name."""
    here = Membership.site_id.in_([site_id]) | Membership.site_id.is_(None)
    return dict(
        session.execute(select(User.username, User.name).join(Membership).where(here)).all()
    )


def _computed(
    engine: Engine, definition: Definition, form: Form, instance: ProcessInstance
) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the labels of the choices that a form computes from what the instance holds."""
    if not any("options" in component.rules for component in form.fields()):
        return
    steps = definition.diagram.elements.values()
    asked = next((one.id for one in steps if one.form_id == form.id), "")
    scope = corrections.scope_of(definition, instance, asked)
    now = engine.clock().astimezone(ZoneInfo(instance.site.timezone))
    facts = form.facts(scope, scope, now=now)
    for cell in facts.cells():
        if "options" in cell.component.rules and cell.component.type != "documents":
            yield cell.component.key, {one.value: one.label for one in facts.choices(cell)}
