"""A form being filled in: what it shows, and what was posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from werkzeug.datastructures import FileStorage, MultiDict

from engine import attachments, corrections, executions, inquiries
from engine.deployment.definitions import Definition
from engine.errors import EngineError, Rejected
from engine.forms import Form
from engine.models.identity import Site
from engine.models.task import Attachment, UserTask
from engine.runtime import TASK_LISTENERS
from engine.tasks import outcomes
from web import forms, locales
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names, records

Errors = Mapping[str, Sequence[EngineError]]
OWNER_OF = "_owner_of"
CARRIED = (OWNER_OF,)
"""What travels with a form beside its fields: the unit whose owner stands in it."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A form with everything it is filled in with: the instance's variables, the site, the addresses of its scripts."""

    of: Definition
    form: Form
    context: Mapping[str, Any]
    site: Site
    urls: forms.Urls
    task_key: int | None = None
    instance_key: int | None = None

    def opened(self, draft: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Give the values a form is opened with: those of the draft, else of the variables, else the defaults."""
        return {**self.form.initial(self.context), **(draft or {})}

    def typed(self) -> dict[str, Any]:
        """Read what stands in the request's form as it is, blank rows too; files come with the submission."""
        return _typed(self.form)

    def posted(self) -> dict[str, Any]:
        """Read the request's form, keeping its files. Raises FilesRefused when one cannot be taken."""
        keep = partial(_kept, self.site.id, task_key=self.task_key, instance_key=self.instance_key)
        return forms.parse(self.form, request.form, request.files, keep)

    def view(self, values: Mapping[str, Any], errors: Errors | None = None) -> forms.View:
        """Give what the template `forms/form.html` draws."""
        shown = forms.view(
            self.form,
            values,
            errors or {},
            names.texts(self.of),
            context=self.context,
            locale=locales.select(),
            urls=self.urls,
            now=engine.clock().astimezone(ZoneInfo(self.site.timezone)),
            say=partial(names.said, self.of),
        )
        return replace(shown, carried=tuple((k, v) for k in CARRIED if (v := values.get(k))))


def _typed(form: Form) -> dict[str, Any]:
    return forms.parse(form, request.form, MultiDict(), str, tidy=False)


def typed_for(task: UserTask) -> dict[str, Any]:
    """Read what was typed into a task's form, whatever has become of the task; nothing without a form."""
    form = records.form_of(names.definition(task.definition_key), task.form_id)
    return _typed(form) if form else {}


def _kept(site_id: int, file: FileStorage, **of: int | None) -> str:
    return str(store(site_id, file, **of).key)


def store(site_id: int, file: FileStorage, **of: int | None) -> Attachment:
    """Keep one uploaded file, in a command of its own so that it survives a refused form. Raises Rejected."""
    content = file.stream.read(attachments.MAX_BYTES + 1)
    filename = file.filename or ""
    kind = "signature" if filename.startswith("signature") else "photo"
    kind = "document" if content.startswith(b"%PDF") else kind
    with engine.begin(current_actor()) as command:
        return attachments.store(command, site_id, content, filename, kind=kind, **of)


def of_task(task: UserTask) -> Entry | None:
    """Give the entry of an open task, over what the task sees of the instance's variables; None without a form."""
    of = names.definition(task.definition_key)
    form = records.form_of(of, task.form_id)
    if form is None:
        return None
    execution = executions.peek(engine, session, task.instance)
    return Entry(
        of=of,
        form=form,
        context={
            **inquiries.of_instance(_reader(), task.instance),
            **outcomes.undecided(task, execution.variables_of(task.root_key or task.key)),
            **_denied(task),
        },
        site=task.site,
        urls=_urls("task", task.site, key=task.key),
        task_key=task.key,
        instance_key=task.instance_key,
    )


def _denied(task: UserTask) -> dict[str, Any]:
    """Give what a listener denied, to be corrected; nothing of any other task."""
    return (task.submitted or {}) if TASK_LISTENERS in task.properties else {}


def of_start(of: Definition, site: Site) -> Entry | None:
    """Give the entry of a start form; None when the procedure starts without one."""
    form = records.form_of(of, of.start_form_id)
    if form is None:
        return None
    where = {"process_id": of.process_id, "site": site.key}
    known = inquiries.of_site(_reader(), site.id)
    return Entry(of=of, form=form, context=known, site=site, urls=_urls("start", site, **where))


def of_record(task: UserTask) -> Entry | None:
    """Give the entry for correcting a completed task, over the instance's variables and what was submitted."""
    of = names.definition(task.definition_key)
    form = records.form_of(of, task.form_id)
    if form is None:
        return None
    return Entry(
        of=of,
        form=form,
        context={
            **inquiries.of_instance(_reader(), task.instance),
            **corrections.scope_of(of, task.instance, task.element_id),
            **(task.submitted or {}),
        },
        site=task.site,
        urls=_urls("record", task.site, key=task.key),
        task_key=task.key,
        instance_key=task.instance_key,
    )


def _reader() -> inquiries.Reader:
    return inquiries.Reader(engine, session)


def _urls(kind: str, at: Site, /, **where: Any) -> forms.Urls:
    upload = "uploads.start" if kind == "start" else "uploads.task"
    return forms.Urls(
        upload=url_for(upload, **where),
        draft="" if kind == "record" else url_for(f"drafts.{kind}", **where),
        refresh=url_for(f"drafts.refresh_{kind}", **where),
        units=url_for("pickers.units", site=at.key),
        people=url_for("pickers.people", site=at.key),
        attachment=records.urls().attachment,
        signed=records.signed,
        named=records.named,
    )


def require(entry: Entry | None) -> Entry:
    """Give an entry that must be there. Raises Rejected when the step has no form."""
    if entry is None:
        raise Rejected(reason="this step has no form")
    return entry
