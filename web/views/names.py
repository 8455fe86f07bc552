"""Names of procedures, steps, units and people in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import g
from sqlalchemy import select

from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.handlers import MANUAL_START
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.runtime import Element
from web import locales, words
from web.extensions import engine, session
from web.phrases import Phrasebook


def definition(key: int) -> Definition:
    """Give a definition by key."""
    return definitions.get(engine, session, key)


def texts(of: Definition) -> Mapping[str, str]:
    """Give the texts of a definition's bundle in the reader's language."""
    return definitions.texts(engine, session, of.deployment_key, locales.select())


def text(of: Definition, key: str) -> str:
    """Give one text of the bundle in the reader's language, else the Chinese one, else nothing."""
    found = texts(of).get(key)
    return found or _chinese(of).get(key, "")


def said(of: Definition, text: str) -> str:
    """Say what a process wrote into its data in Chinese (a summary, a notice) in the reader's language."""
    locale = locales.select()
    if locale == "zh" or not text:
        return text
    books: dict[tuple[int, str], Phrasebook] = engine.caches.setdefault("phrasebooks", {})
    key = (of.deployment_key, locale)
    if key not in books:
        books[key] = Phrasebook(_chinese(of), texts(of))
    return books[key].say(text)


def _chinese(of: Definition) -> Mapping[str, str]:
    return definitions.texts(engine, session, of.deployment_key, "zh")


def procedure(of: Definition) -> str:
    """Give the name of a procedure."""
    return texts(of).get(f"{of.process_id}.name") or of.name


def matter(instance: ProcessInstance) -> str:
    """Give the name of an instance's procedure; of a manual to-do, the procedure it stands for."""
    stands_for = (
        instance.variables.get("process_name") if instance.process_id == MANUAL_START else None
    )
    of = definition(instance.definition_key)
    return said(of, str(stands_for)) if stands_for else procedure(of)


def step(of: Definition, task: UserTask) -> str:
    """Give the name of a task's step."""
    return texts(of).get(f"{task.process_id}.{task.element_id}.name") or task.name


def element(of: Definition, drawn: Element | None, element_id: str = "") -> str:
    """Give the name of an element; nothing for one without."""
    if drawn is None:
        return element_id
    return texts(of).get(f"{drawn.process_id}.{drawn.id}.name") or drawn.name


def about(of: Definition, drawn: Element | None) -> str:
    """Give what is to be done at an element; nothing where only another language than the reader's says it."""
    if drawn is None:
        return ""
    key = f"{drawn.process_id}.{drawn.id}.documentation"
    return texts(of).get(key) or (drawn.documentation if locales.select() == "zh" else "")


def action(of: Definition, task: UserTask) -> str:
    """Give the verb on a step's button, if its bundle names one (`<process>.<element>.action`)."""
    return text(of, f"{task.process_id}.{task.element_id}.action")


def record(of: Definition, key: str) -> str:
    """Give the name of a printed record (`record.<key>.name` in the bundle's texts)."""
    return text(of, f"record.{key}.name") or key


def site(of: Site) -> str:
    """Give the name of a site."""
    return of.name_en if locales.select() == "en" and of.name_en else of.name


def user(of: User | None) -> str:
    """Give the name of a person; nothing for nobody."""
    return words.person(of.name, of.name_en) if of else ""


def unit(of: ProcessInstance) -> str:
    """Give the unit of an instance, or its number when it has none."""
    return of.unit_label or of.number


def staff(written: str) -> str:
    """Say names of people that were written down (甲, 乙) in the reader's language; a name nobody has stays."""
    if not written:
        return ""
    each = re.split(r"[,、]\s*", written)
    if locales.select() != "en":
        return words.joined(each)
    if "english_names" not in g:
        named = select(User.name, User.name_en).where(User.name_en != "")
        g.english_names = dict(session.execute(named).all())
    return words.joined([g.english_names.get(one, one) for one in each])
