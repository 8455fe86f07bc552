"""English is complete: every message, every error, every text of a bundle, every page."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import instances, registry
from engine.demo.people import PASSWORD
from engine.deployment import definitions
from engine.deployment.library import files
from engine.engine import Engine
from engine.forms import Form
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.registry import Customer, Unit
from engine.models.task import UserTask
from engine.runtime import parse
from engine.staff import notifications
from engine.staff.access import SYSTEM
from web import catalogs

HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|%[sd]")
FAMILIES = sorted(path.name for path in Path("bpmn").iterdir() if path.is_dir())
SILENT = {"script", "style", "template", "svg"}
VOID = {"input", "img", "hr", "br", "link", "meta", "use"}
QUOTED = {"gc-clause", "gc-seal", "gc-code"}
MESSAGES = {"_", "ngettext", "gettext", "lazy_gettext"}
SPOKEN = ("aria-label", "placeholder", "alt", "title")


@cache
def wanted(locale: str) -> frozenset[str]:
    """Give what the sources say and the engine's errors."""
    return frozenset(str(message.id) for message in catalogs.template(locale) if message.id)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_message_of_the_sources_and_every_error_is_put_into_words(locale):
    said = {message.id for message in catalogs.read(locale) if message.string}
    assert wanted(locale) - said == set(), "run `python -m web.catalogs` and translate what is new"


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_catalog_keeps_nothing_that_no_source_says(locale):
    kept = {message.id for message in catalogs.read(locale) if message.id}
    assert kept - wanted(locale) == set(), "run `python -m web.catalogs`"


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_no_translation_is_a_guess_or_has_other_placeholders(locale):
    for message in catalogs.read(locale):
        if not message.id:
            continue
        said = str(message.string)
        assert not message.fuzzy, message.id
        if message.id.startswith("error."):
            assert set(PLACEHOLDER.findall(said)) <= error_params(message.id), message.id
        else:
            given = sorted(PLACEHOLDER.findall(message.id))
            assert sorted(PLACEHOLDER.findall(said)) == given, message.id


def test_no_message_hides_in_a_formatted_string_where_python_before_3_12_does_not_find_it():
    for path in Path("web").rglob("*.py"):
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for part in ast.walk(text) if isinstance(text, ast.JoinedStr) else ():
                hidden = isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
                assert not hidden or part.func.id not in MESSAGES, f"{path}: {ast.unparse(text)}"


def error_params(message: str) -> set[str]:
    """Give the parameters an error's own message uses."""
    kind = catalogs.errors()[message.removeprefix("error.")]
    return set(re.findall(r"\{(\w+)\}", kind.__doc__ or ""))


def test_english_speaks_no_chinese_and_does_not_shout():
    translated: Catalog = catalogs.read("en")
    for message in translated:
        if message.id:
            assert not HAN.search(str(message.string)), message.id
            assert "!" not in str(message.string), message.id


def english(family: str) -> dict[str, str]:
    return json.loads(files(family)["texts/en.json"])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_step_of_a_bundle_has_an_english_name(family):
    texts = english(family)
    for name, content in files(family).items():
        if not name.endswith(".bpmn"):
            continue
        diagram = parse(content)
        keys = {f"{process}.name" for process in diagram.processes}
        for drawn in diagram.elements.values():
            if drawn.name:
                keys.add(f"{drawn.process_id}.{drawn.id}.name")
        assert sorted(key for key in keys if not texts.get(key)) == [], name


@pytest.mark.parametrize("family", FAMILIES)
def test_every_field_and_option_of_a_bundle_has_an_english_label(family):
    texts = english(family)
    missing = [
        f"{form_id}.{path}"
        for name, content in files(family).items()
        if name.endswith(".form")
        for form_id, path, said in labels(content)
        if HAN.search(said) and not any(texts.get(f"{form_id}.{one}") for one in path.split("|"))
    ]
    assert missing == []


def labels(content: bytes) -> Iterator[tuple[str, str, str]]:
    """Give what a form says: its id, the keys a translation may have (by path, by key), the Chinese."""
    form = Form.from_json(json.loads(content))
    for component in form.fields():
        path = component.path.replace(".*", "").replace("#", "")
        for name, said in _said_by(component):
            yield form.id, f"{path}.{name}|{component.key}.{name}|{component.id}.{name}", said


def _said_by(component) -> Iterator[tuple[str, str]]:
    yield "label", component.label or ""
    yield "description", str(component.data.get("description") or "")
    for option in component.data.get("values") or []:
        yield f"option.{option['value']}", str(option.get("label") or "")
    for column in component.data.get("columns") or []:
        yield f"column.{column['key']}", str(column.get("label") or "")


@pytest.mark.parametrize("family", FAMILIES)
def test_english_texts_of_a_bundle_are_english(family):
    assert {key for key, text in english(family).items() if HAN.search(text)} == set()


class Spoken(HTMLParser):
    """What a page says to its reader, without quotations of the book and codes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[bool] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = (given.get("lang") or "").startswith("zh")
        quoted = QUOTED & set((given.get("class") or "").split())
        if tag not in VOID:
            self._open.append(tag in SILENT or foreign or bool(quoted))
        if not any(self._open):
            self.said += [text for name in SPOKEN if (text := given.get(name))]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open) and data.strip():
            self.said.append(data.strip())


@pytest.fixture
def app(demo_engine: Engine, app: Flask) -> Flask:
    """The application at the demo company."""
    return app


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], FlaskClient]:
    def enter(username: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/login", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        client.post("/account/language", data={"locale": "en", "next": "/"})
        return client

    return enter


ARRIVAL = {
    "site": "liyuan",
    "notice_seen": "true",
    "occupied_since": "2026-11-20",
    "notice_deadline": "2026-11-30",
    "unit_no": "3-2-1201",
    "applicant_type": "owner_person",
    "name": "梁先生",
    "phone": "138 0000 1201",
    "move_in_no": "1",
}


@pytest.fixture
def task(demo_engine: Engine, sign_in) -> UserTask:
    """A move-in whose papers wait to be verified."""
    answer = sign_in("liyutong").post("/start/move_in_owner", data=ARRIVAL)
    assert answer.status_code == 302, answer.text
    with demo_engine.read() as session:
        return session.scalars(select(UserTask)).one()


def names(engine: Engine) -> set[str]:
    """Give the names of people and places, which stay as they are entered."""
    with engine.read() as session:
        users = session.scalars(select(User.name)).all()
        customers = session.scalars(select(Customer.name)).all()
        areas = session.scalars(select(Unit.area).distinct()).all()
        phases = session.scalars(select(Unit.phase).distinct()).all()
    entered = [ARRIVAL["name"], registry.mask_name(ARRIVAL["name"])]
    found = {str(name) for name in (*users, *customers, *areas, *phases, *entered)}
    return {name for name in found if HAN.search(name)}


def chinese(html: str, allowed: set[str]) -> list[str]:
    pattern = re.compile("|".join(map(re.escape, sorted(allowed, key=len, reverse=True))))
    initials = {name[0] for name in allowed}
    said = Spoken(html).said
    return [text for text in said if text not in initials and HAN.search(pattern.sub("", text))]


PAGES = {
    "hejiaxin": """
        / /?box=claimable /?box=started /?box=done /start /search?q=3-2-1201&stay=1 /units /counter/display
        /account/ /account/notifications /account/password /tasks/{task} /instances/{instance}
        /instances/{instance}/audit /?box=copied /?show=later /?show=awaited /account/substitutions/
        /tasks/{task}/delegate /tasks/{task}/sign /tasks/{task}/copy /tasks/{task}/plan
    """,
    "liyutong": "/start/move_in_owner /start/move_in_owner?site=liyuan /counter/ /units/1 /nowhere",
    "linxiaowen": "/units/import /units/1/edit /units/1/occupants",
    "liumin": """
        /settings/ /settings/choices /settings/deployments /operations/ /operations/incidents
        /operations/definitions /operations/definitions/move_in_owner /operations/batches /operations/jobs
        /operations/definitions/move_in_owner/migrate?instance={instance} /operations/retention
        /operations/instances/{instance}/modify
    """,
    "admin": "/handover?leaver=hejiaxin /settings/people /settings/people/hejiaxin",
}


@pytest.mark.parametrize("username", PAGES)
def test_a_page_in_english_holds_no_chinese(demo_engine, sign_in, task, username):
    allowed, client = names(demo_engine), sign_in(username)
    found = {}
    for path in PAGES[username].format(task=task.key, instance=task.instance_key).split():
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == (404 if path == "/nowhere" else 200), path
        assert 'lang="en"' in answer.text, path
        if left := chinese(answer.text, allowed):
            found[path] = left
    assert found == {}


def test_a_refused_form_in_english_says_in_english_what_to_do(demo_engine, sign_in, task):
    client = sign_in("hejiaxin")
    answer = client.post(f"/tasks/{task.key}", data={"version": task.version})
    assert answer.status_code == 422
    assert chinese(answer.text, names(demo_engine)) == []


def test_a_diagram_in_english_has_english_names(sign_in, task):
    drawn = sign_in("hejiaxin").get(f"/instances/{task.instance_key}/diagram.bpmn").text
    shown = re.findall(r'<bpmn:\w+ [^>]*\bname="([^"]*)"', drawn)
    assert "Register and verify papers" in shown
    assert [name for name in shown if HAN.search(name)] == []


def test_a_notice_a_process_wrote_is_told_in_english(demo_engine, sign_in, task):
    written = "业主 梁先生（3-2-1201）缺件超期未补，请跟进：购房合同、业主身份证或护照"
    with demo_engine.begin(SYSTEM) as command:
        reader = command.session.scalars(select(User).where(User.username == "linxiaowen")).one()
        instance = command.session.get_one(ProcessInstance, task.instance_key)
        notifications.tell(command, [reader.id], "process_notice", instance=instance, text=written)
    page = sign_in("linxiaowen").get("/account/notifications").text
    assert "Papers of 梁先生 (3-2-1201) are overdue" in page
    assert "Purchase contract, Owner’s ID card or passport" in page


def test_a_manual_to_do_is_named_in_english_after_what_it_stands_for(demo_engine, sign_in):
    stands_for = {"process_id": "key_loan", "process_name": "钥匙借用", "role": "service_assistant"}
    with demo_engine.begin(SYSTEM) as command:
        site = command.session.scalars(select(Site).where(Site.key == "liyuan")).one()
        definition = definitions.latest(demo_engine, command.session, "manual_start")
        variables = {**stands_for, "unit_no": "3-2-1201", "data": {}}
        started = instances.start(command, definition, site, variables)
    client, allowed = sign_in("hejiaxin"), names(demo_engine)
    for path in (
        "/?box=claimable",
        f"/instances/{started.key}",
        f"/search?q={started.number}&stay=1",
    ):
        page = client.get(path).text
        assert "Key loan" in page, path
        assert chinese(page, allowed) == [], path
