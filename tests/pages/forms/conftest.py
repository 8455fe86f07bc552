"""One page with one form, as the task page uses them: shown, posted, refused, accepted."""

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_babel import Babel

import web
from engine.errors import InvalidVariables, Rejected
from engine.expressions import feel
from engine.forms import Form
from tests.engine.forms.conftest import NOW, Site
from web.forms import FilesRefused, Urls, parse, rearranges, render, view

URLS = Urls(
    upload="/upload",
    draft="/draft",
    refresh="/refresh",
    units="/units",
    people="/people",
    attachment="/files/{key}",
    named=lambda username: {"liyutong": "李雨桐"}.get(username, username),
)
VOID = {"input", "img", "hr", "br", "use"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag, self.attributes, self.text = tag, attributes, ""

    def __getitem__(self, name: str) -> str | None:
        return self.attributes.get(name)


class Page(HTMLParser):
    """The elements of a page; fails on tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.elements, self._open = str(html), list[Element](), list[Element]()
        self.feed(self.html)
        assert not self._open, [each.tag for each in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        self.elements.append(Element(tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **wanted: str) -> list[Element]:
        names = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [
            e
            for e in self.elements
            if e.tag == tag and all(e[name] == value for name, value in names.items())
        ]

    def one(self, tag: str, **wanted: str) -> Element:
        (found,) = self.all(tag, **wanted)
        return found

    def says(self, words: str) -> bool:
        return words in re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", self.html))


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("forms", template_folder=str(Path(web.__file__).parent / "templates"))
    Babel(app, locale_selector=lambda: "zh")
    app.jinja_env.globals["asset"] = lambda name: f"/static/{name}"
    with app.app_context():
        yield app


@pytest.fixture
def shown(app: Flask) -> Callable[..., Page]:
    """Draw a form."""

    def draw(*components: dict[str, Any], values: Any = None, errors: Any = None, texts: Any = None,
             context: Any = None, locale: str = "zh", say: Callable[[str], str] = str) -> Page:  # fmt: skip
        form = Form.from_json({"id": "f", "components": list(components)})
        context = context or {}
        values = form.initial(context) if values is None else values
        with app.test_request_context():
            return Page(
                render(
                    form,
                    values,
                    errors or {},
                    texts or {},
                    context=context,
                    locale=locale,
                    urls=URLS,
                    now=NOW,
                    say=say,
                )
            )

    return draw


@pytest.fixture
def page(app: Flask) -> Callable[..., FlaskClient]:
    """Serve one form at `/`; what was accepted comes back as JSON, a refusal as the page with 422."""

    def serve(*components: dict[str, Any], context: dict[str, Any] | None = None) -> FlaskClient:
        form, known = Form.from_json({"id": "f", "components": list(components)}), context or {}

        def draw(values: Any, errors: Any) -> str:
            shown = view(form, values, errors, {}, context=known, locale="zh", urls=URLS, now=NOW)
            return app.jinja_env.from_string(
                '<form method="post" {{ view.attributes|xmlattr }}>{% include "forms/form.html" %}</form>'
            ).render(view=shown)

        def store(file: Any) -> str:
            if file.filename == "virus.exe":
                raise Rejected(reason="这种文件不收")
            return f"mine-{file.filename}"

        def handle() -> Any:
            if request.method == "GET":
                return draw(form.initial(known), {})
            try:
                raw = parse(form, request.form, request.files, store)
            except FilesRefused as refusal:
                return draw(refusal.raw, refusal.errors), 422
            if rearranges(request.form):
                return draw(raw, {})
            try:
                clean = form.validate(raw, known, feel=feel(), resolver=Site(), now=NOW)
            except InvalidVariables as refusal:
                return draw(raw, refusal.errors), 422
            return app.response_class(json.dumps(clean), mimetype="application/json")

        app.add_url_rule("/", view_func=handle, methods=["GET", "POST"], endpoint="form")
        return app.test_client()

    return serve
