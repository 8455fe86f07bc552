"""Forms in the browser: server-rendered HTML from form-js JSON, and the way back from what a browser posts.

`view` makes the tree the templates draw (`{% include "forms/form.html" %}` with `view`), `render` draws it at once,
`parse` turns a posted form into the nested raw values that `engine.forms.Form.validate` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from markupsafe import Markup

from web.forms.parse import FilesRefused, parse, rearranges
from web.forms.view import Urls, View, view
from web.forms.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from engine.errors import EngineError
    from engine.forms import Form

__all__ = ["FilesRefused", "Urls", "View", "parse", "rearranges", "render", "view", "words"]


def render(
    form: Form,
    values: Mapping[str, Any],
    errors: Mapping[str, Sequence[EngineError]],
    texts: Mapping[str, str],
    *,
    context: Mapping[str, Any],
    locale: str,
    urls: Urls,
    now: datetime,
    say: Callable[[str], str] = str,
) -> Markup:
    """Draw what belongs inside the `<form>`: error summary, sections, fields. Arguments as for `view`."""
    shown = view(
        form, values, errors, texts, context=context, locale=locale, urls=urls, now=now, say=say
    )
    return Markup(render_template("forms/form.html", view=shown))  # noqa: S704 - Jinja escaped it
