"""What a form recorded, to be read: labels and values, personal data masked where it is not needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from engine import attachments, registry
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.errors import NotFound
from engine.forms import Form
from engine.models.identity import Site
from engine.staff import people
from web import forms, locales, words
from web.extensions import engine, session
from web.forms import display
from web.forms.nodes import Document, Node
from web.signin import current_actor
from web.views import names

SHOWN_ADDRESS = 6
MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": registry.mask_phone,
    "id_number": registry.mask_id,
    "name": registry.mask_name,
    "address": lambda text: text[:SHOWN_ADDRESS] + "****" if text else "",
}
SILENT = frozenset({"text", "separator", "spacer", "table"})


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing a record says: text, pictures, or the rows of a list."""

    key: str
    label: str
    text: str = ""
    pictures: tuple[str, ...] = ()
    rows: tuple[tuple[Fact, ...], ...] = ()
    tick: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section of a record."""

    title: str
    facts: tuple[Fact, ...] = field(default=())


def urls() -> forms.Urls:
    """Give the addresses a form needs when it is only read."""
    return forms.Urls(attachment=url_for("attachments.show", key=0).removesuffix("0") + "{key}")


def signed(key: str) -> str:
    """Say when a signature was put down that stands in an open form; nothing for what cannot be seen."""
    try:
        found = attachments.get(session, current_actor(), int(key) if key.isdecimal() else 0)
    except NotFound:
        return ""
    return str(_("%(at)s 已签", at=words.stamp(found.created_at, engine.clock())))


def form_of(of: Definition, form_id: str | None) -> Form | None:
    """Give a form in the version its bundle was deployed with; None without one."""
    if not form_id:
        return None
    return definitions.form(engine, session, of, form_id)


def read(
    of: Definition,
    form: Form,
    values: Mapping[str, Any],
    context: Mapping[str, Any],
    site: Site,
    *,
    masked: bool = True,
) -> list[Part]:
    """Give what a form's values say, section by section; blank fields are left out."""
    now = engine.clock().astimezone(ZoneInfo(site.timezone))
    view = forms.view(
        form, values, {}, names.texts(of), context={**context, **values},
        locale=locales.select(), urls=urls(), now=now, say=partial(names.said, of),
    )  # fmt: skip
    teller = _Teller(now, masked, partial(names.said, of))
    parts = [
        Part(title=section.title, facts=tuple(teller.facts(section.children)))
        for section in view.sections
    ]
    return [part for part in parts if part.facts]


@dataclass
class _Teller:
    now: dt.datetime
    masked: bool
    say: Callable[[str], str]

    def facts(self, nodes: tuple[Node, ...]) -> Iterator[Fact]:
        for node in nodes:
            if node.kind == "group":
                yield from self.facts(node.children)
            elif node.kind not in SILENT and (fact := self._fact(node)):
                yield fact

    def _fact(self, node: Node) -> Fact | None:
        said: dict[str, Any] = {"key": node.name, "label": node.label or node.component.key}
        if node.kind in ("signature", "photo"):
            keys = (node.value,) if isinstance(node.value, str) else tuple(node.value or ())
            said["pictures"] = tuple(key for key in keys if key)
        elif node.kind == "documents":
            said["rows"] = tuple(_document(each) for each in node.value)
        elif node.kind == "dynamiclist":
            said["rows"] = tuple(tuple(self.facts(row.children)) for row in node.rows)
        else:
            said["text"] = self._text(node)
        fact = Fact(**said)
        return fact if fact.text or fact.pictures or any(fact.rows) else None

    def _text(self, node: Node) -> str:
        zone = self.now.tzinfo
        assert zone is not None  # noqa: S101 - `read` sets the site's zone
        value = list(node.value) if isinstance(node.value, tuple) else node.value
        text = display.plain(node.component, value, zone, node.choices)
        if node.component.type == "person":
            text = named(text)
        elif node.value == node.component.data.get("defaultValue"):
            text = self.say(text)
        mask = MASKS.get(node.component.personal or "")
        if self.masked and mask:
            return mask(text)
        suffix = node.suffix if text and isinstance(node.suffix, str) else ""
        return f"{text} {suffix}".strip()


def named(username: str) -> str:
    """Give the name of a member of staff by user name, which stays when nobody has it."""
    found = people.by_username(session, [username]).get(username)
    return names.user(found) or username


def _document(of: Document) -> tuple[Fact, ...]:
    had = {"original": str(_("原件")), "copy": str(_("复印件"))}
    ticked = [had[part] for part in ("original", "copy") if of.ticks.get(part)]
    text = words.joined(ticked) or str(_("没有收到"))
    return (Fact(key=of.id, label=of.name, text=text, pictures=of.photos),)


def flat(parts: list[Part]) -> dict[str, tuple[str, str]]:
    """Give every fact of a record by key: its label and its text, rows and pictures put into one line."""
    found: dict[str, tuple[str, str]] = {}
    for part in parts:
        for fact in part.facts:
            found[fact.key] = (fact.label, _line(fact))
    return found


def _line(fact: Fact) -> str:
    if fact.rows:
        return "；".join(
            " ".join(f"{each.label} {_line(each)}" for each in row) for row in fact.rows
        )
    if fact.pictures:
        return str(_("%(n)s 张图", n=len(fact.pictures)))
    return fact.text


def forms_of(of: Definition) -> Iterator[tuple[str, Form]]:
    """Give the forms of a procedure in the order of its steps: the element's id and the form."""
    seen: set[str] = set()
    for drawn in of.diagram.elements.values():
        if drawn.form_id and drawn.form_id not in seen:
            seen.add(drawn.form_id)
            try:
                form = form_of(of, drawn.form_id)
            except NotFound:
                continue
            if form is not None:
                yield drawn.id, form
