"""User tasks: search and look at them. What people do with them: assignments, completions, returns, signers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from marshmallow import fields
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from engine import tasks
from engine.errors import NotFound
from engine.models.definition import Form, ProcessDefinition
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.task import TaskCandidate, UserTask
from engine.runtime import FORM_ELSEWHERE, TASK_HEADERS
from web.api import forms
from web.api.credentials import actor
from web.api.filters import INSTANT, INTEGER, KEY, ONE_OF_TEXTS, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import Instant, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("user_tasks")

STATES = (
    "CREATING", "CREATED", "ASSIGNING", "UPDATING", "COMPLETING", "COMPLETED", "CANCELING", "CANCELED", "FAILED",
)  # fmt: skip


class UserTaskResult(Result):
    """Work that waits, or waited, for a person; its key is that of the element instance."""

    user_task_key = Key()
    element_instance_key = Key()
    name = fields.String(allow_none=True)
    state = fields.String()
    assignee = fields.String(allow_none=True)
    element_id = fields.String()
    candidate_groups = fields.List(fields.String())
    candidate_users = fields.List(fields.String())
    process_definition_id = fields.String()
    process_definition_key = Key()
    process_definition_version = fields.Integer()
    process_name = fields.String(allow_none=True)
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    creation_date = Instant()
    completion_date = Instant(allow_none=True)
    follow_up_date = Instant(allow_none=True)
    due_date = Instant(allow_none=True)
    tenant_id = fields.String()
    external_form_reference = fields.String(allow_none=True)
    form_key = Key(allow_none=True)
    custom_headers = fields.Dict(keys=fields.String(), values=fields.String())
    priority = fields.Integer()
    business_id = fields.String(allow_none=True)
    tags = fields.List(fields.String())
    version = fields.Integer(metadata={"description": "Counts its changes (an extension)."})
    owner = fields.String(
        allow_none=True, metadata={"description": "Who delegated it and gets it back."}
    )
    parent_user_task_key = Key(
        allow_none=True, metadata={"description": "Of a signer: the task it was added to."}
    )
    position = fields.String(
        allow_none=True, metadata={"description": "Of a signer: before, beside or after."}
    )
    outcome = fields.String(allow_none=True)
    opinion = fields.String(allow_none=True)


class UserTasks(Result):
    """Some user tasks."""

    items = fields.List(fields.Nested(UserTaskResult))


def _candidate_group(groups: list[str]) -> Any:
    further = exists().where(
        TaskCandidate.task_key == UserTask.key, TaskCandidate.candidate_group.in_(groups)
    )
    return or_(UserTask.candidate_group.in_(groups), further)


def _candidate_user(users: list[str]) -> Any:
    return exists().where(TaskCandidate.task_key == UserTask.key, TaskCandidate.username.in_(users))


# The same person may be the caller, whose account with its memberships is loaded; here only a name is needed.
_Assignee = aliased(User)
_Owner = aliased(User)
_BUSINESS_ID = func.nullif(ProcessInstance.business_key, "")
_form = select(Form.key).where(Form.form_id == UserTask.form_id)
_FORM_KEY = func.coalesce(
    _form.where(Form.deployment_key == ProcessDefinition.deployment_key).scalar_subquery(),
    _form.order_by(Form.version.desc(), Form.key.desc()).limit(1).scalar_subquery(),
)

SEARCH = Search(
    "UserTask",
    {
        "user_task_key": Property(KEY, UserTask.key),
        "element_instance_key": Property(KEY, UserTask.key),
        "name": Property(TEXT, UserTask.name),
        "state": Property(choice(*STATES), func.upper(UserTask.state)),
        "assignee": Property(TEXT, _Assignee.username, joined=True),
        "element_id": Property(TEXT, UserTask.element_id),
        "candidate_group": Property(ONE_OF_TEXTS, holds=_candidate_group, sortable=False),
        "candidate_user": Property(ONE_OF_TEXTS, holds=_candidate_user, sortable=False),
        "process_definition_id": Property(TEXT, UserTask.process_id),
        "process_definition_key": Property(KEY, UserTask.definition_key),
        "process_instance_key": Property(KEY, UserTask.instance_key),
        "creation_date": Property(INSTANT, UserTask.created_at),
        "completion_date": Property(INSTANT, UserTask.completed_at),
        "follow_up_date": Property(INSTANT, UserTask.follow_up_at),
        "due_date": Property(INSTANT, UserTask.due_at),
        "priority": Property(INTEGER, UserTask.priority),
        "tenant_id": Property(TEXT, Site.key),
        "business_id": Property(TEXT, _BUSINESS_ID),
        "owner": Property(TEXT, _Owner.username, joined=True),
        "parent_user_task_key": Property(KEY, UserTask.parent_key),
        "outcome": Property(TEXT, UserTask.outcome),
    },
    UserTask.key,
)


def _rows() -> Rows:
    return (
        tasks.visible_to(actor())
        .join(UserTask.site)
        .join(UserTask.instance)
        .join(ProcessDefinition, ProcessDefinition.key == UserTask.definition_key)
        .outerjoin(_Assignee, _Assignee.id == UserTask.assignee_id)
        .outerjoin(_Owner, _Owner.id == UserTask.owner_id)
        .add_columns(
            Site.key.label("tenant_id"),
            _BUSINESS_ID.label("business_id"),
            ProcessInstance.parent_key.label("parent_key"),
            ProcessDefinition.name.label("process_name"),
            ProcessDefinition.version.label("version"),
            _Assignee.username.label("assignee"),
            _Owner.username.label("owner"),
            _FORM_KEY.label("form_key"),
        )
    )


def _described(row: Any) -> dict[str, Any]:
    task = row[0]
    properties = dict(task.properties)
    headers = json.loads(properties.pop(TASK_HEADERS, "{}"))
    return {
        "user_task_key": task.key,
        "element_instance_key": task.key,
        "name": task.name or None,
        "state": task.state.upper(),
        "assignee": row.assignee,
        "element_id": task.element_id,
        "candidate_groups": task.groups,
        "candidate_users": task.users,
        "process_definition_id": task.process_id,
        "process_definition_key": task.definition_key,
        "process_definition_version": row.version,
        "process_name": row.process_name,
        "process_instance_key": task.instance_key,
        "root_process_instance_key": None if row.parent_key else task.instance_key,
        "creation_date": task.created_at,
        "completion_date": task.completed_at,
        "follow_up_date": task.follow_up_at,
        "due_date": task.due_at,
        "tenant_id": row.tenant_id,
        "external_form_reference": properties.pop(FORM_ELSEWHERE, None),
        "form_key": row.form_key,
        "custom_headers": headers | properties,
        "priority": task.priority,
        "business_id": row.business_id,
        "tags": [],
        "version": task.version,
        "owner": row.owner,
        "parent_user_task_key": task.parent_key,
        "position": task.position,
        "outcome": task.outcome,
        "opinion": task.opinion,
    }


def told(keys: Iterable[int]) -> dict[str, Any]:
    """Give what is said of some tasks in an answer that is not paged, by key, as they are after the request's command."""
    query = _rows().where(UserTask.key.in_(set(keys))).order_by(UserTask.key)
    with engine.read() as after:
        return {"items": [_described(row) for row in after.execute(query)]}


@blueprint.post("/user-tasks/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("UserTask", UserTaskResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the user tasks of the caller's sites. Candidates can be asked for while a task is open."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/user-tasks/<key:user_task_key>")
@blueprint.response(200, UserTaskResult)
def get(user_task_key: int) -> dict[str, Any]:
    """Give a user task."""
    row = session.execute(_rows().where(UserTask.key == user_task_key)).first()
    if row is None:
        raise NotFound(noun="user task", key=user_task_key)
    return _described(row)


@blueprint.get("/user-tasks/<key:user_task_key>/form")
@blueprint.response(200, forms.FormResult)
@blueprint.alt_response(204, description="The task has no form")
def form(user_task_key: int) -> Any:
    """Give the form of a user task, in the version its instance runs with."""
    task = tasks.get(session, actor(), user_task_key)
    definition = session.get_one(ProcessDefinition, task.definition_key)
    return forms.answer(definition.deployment_key, task.form_id)
