"""The variables of a process instance by scope, as the API tells them: those of the process, those of one user task."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session, undefer

from engine import executions, instances, registry, tasks
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Engine
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.task import CREATED, UserTask
from engine.staff.access import Actor

HASH = 10**9
MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": registry.mask_phone,
    "id_number": registry.mask_id,
    "name": registry.mask_name,
}

Item = dict[str, Any]


def key_of(scope_key: int, name: str) -> str:
    """Give the key of a variable, from which its scope can be told again: variables have no rows of their own."""
    return str(scope_key * HASH + zlib.crc32(name.encode()) % HASH)


def scope_of(variable_key: str) -> int:
    """Give the scope that a variable's key tells."""
    return int(variable_key) // HASH


class Reader:
    """Reads variables for one actor; personal data of forms is masked for those who may not see it."""

    def __init__(self, engine: Engine, session: Session, actor: Actor) -> None:
        self._engine = engine
        self._session = session
        self._actor = actor

    def of_instances(self, keys: Iterable[int]) -> Iterator[Item]:
        """Give the variables of the process scopes of those instances the actor may see."""
        query = instances.visible_to(self._actor).where(ProcessInstance.key.in_(set(keys)))
        for instance, tenant_id in self._with_tenant(
            query.options(undefer(ProcessInstance.variables))
        ):
            show = self._masking(instance)
            yield from _items(instance, tenant_id, instance.key, show(instance.variables))

    def of_scopes(self, keys: Iterable[int]) -> Iterator[Item]:
        """Give the own variables of those scopes: process instances, and open user tasks."""
        wanted = set(keys)
        yield from self.of_instances(wanted)
        query = tasks.visible_to(self._actor).where(UserTask.key.in_(wanted))
        for task in self._session.scalars(query):
            yield from self._of_task(task, effective=False, outer=False)

    def of_task(self, key: int, *, effective: bool) -> list[Item]:
        """Give what a user task sees, each name once if `effective`. Raises NotFound."""
        task = tasks.get(self._session, self._actor, key)
        return list(self._of_task(task, effective=effective))

    def _of_task(self, task: UserTask, *, effective: bool, outer: bool = True) -> Iterator[Item]:
        query = instances.visible_to(self._actor).where(ProcessInstance.key == task.instance_key)
        whole = [ProcessInstance.variables, ProcessInstance.state, ProcessInstance.policy]
        for instance, tenant_id in self._with_tenant(query.options(*map(undefer, whole))):
            # Who does the task sees its form as it is.
            show = _as_it_is if tasks.may_complete(self._actor, task) else self._masking(instance)
            process = dict(instance.variables)
            own = self._own(instance, task, process)
            seen = {
                name: value for name, value in process.items() if not effective or name not in own
            }
            if outer:
                yield from _items(instance, tenant_id, instance.key, show(seen))
            yield from _items(instance, tenant_id, task.key, show(own))

    def _own(
        self, instance: ProcessInstance, task: UserTask, process: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give what the task sees beyond the process scope; nothing once it is closed, for scopes end with their element."""
        if task.state != CREATED or instance.status != ACTIVE:
            return {}
        execution = executions.peek(self._engine, self._session, instance)
        key = task.root_key or task.key  # a signer has no element instance of his own
        seen, own = execution.variables_of(key), execution.local_variables_of(key)
        between = {
            name: value for name, value in seen.items() if process.get(name, _MISSING) != value
        }
        return between | own

    def _with_tenant(self, query: Any) -> Sequence[Any]:
        joined = query.join(Site, Site.id == ProcessInstance.site_id).add_columns(Site.key)
        return self._session.execute(joined).all()

    def _masking(
        self, instance: ProcessInstance
    ) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        if registry.may_see_personal(self._actor, instance.site_id):
            return _as_it_is
        kinds = dict(self._personal(instance.definition_key))
        return lambda variables: _masked(variables, kinds)

    def _personal(self, definition_key: int) -> Iterator[tuple[str, str]]:
        """Give the names under which the forms of a process and of those it calls keep personal data, and of which kind."""
        own = definitions.get(self._engine, self._session, definition_key)
        for definition in (own, *self._called(own)):
            for form_id in sorted(definition.diagram.form_ids):
                form = definitions.form(self._engine, self._session, definition, form_id)
                for path, kind in form.personal_paths.items():
                    yield path.rsplit(".", 1)[-1], kind

    def _called(self, definition: Definition) -> Iterator[Definition]:
        for process_id in sorted(definition.diagram.called_processes):
            try:
                yield definitions.called(self._engine, self._session, process_id)
            except NotFound:  # suspended meanwhile
                continue


_MISSING = object()


def _as_it_is(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    return variables


def _masked(value: Any, kinds: Mapping[str, str], kind: str | None = None) -> Any:
    """Mask every text under a personal name, however deep; other values under it are left out."""
    if isinstance(value, Mapping):
        return {name: _masked(one, kinds, kinds.get(name, kind)) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, kinds, kind) for one in value]
    if kind is None or value is None:
        return value
    return MASKS.get(kind, _hidden)(value) if isinstance(value, str) else None


def _hidden(text: str) -> str:
    return "****" if text else ""


def _items(
    instance: ProcessInstance, tenant_id: str, scope_key: int, variables: Mapping[str, Any]
) -> Iterator[Item]:
    for name, value in variables.items():
        yield {
            "variable_key": key_of(scope_key, name),
            "name": name,
            "value": json.dumps(value, ensure_ascii=False),
            "scope_key": scope_key,
            "process_instance_key": instance.key,
            "root_process_instance_key": None if instance.parent_key else instance.key,
            "tenant_id": tenant_id,
        }
