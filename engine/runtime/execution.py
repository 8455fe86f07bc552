"""One process instance in memory: started or loaded, moved on by commands, saved. No database, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Rejected
from engine.runtime import (
    ad_hoc,
    listeners,
    migration,
    modification,
    moves,
    scopes,
    search,
    state,
    task_listeners,
    throwing,
)
from engine.runtime.ad_hoc import DirectingJob, Direction
from engine.runtime.events import Active, Event, IncidentClosed
from engine.runtime.meter import Meter
from engine.runtime.moves import Move
from engine.runtime.values import check_variables, encoded
from engine.runtime.workflow import Instance

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.context import Context
    from engine.runtime.diagram import Diagram

Variables = Mapping[str, Any]


class Execution:
    """A running process instance.

    Every command runs until all tokens wait again and appends to `events` what happened. Commands raise NotFound for
    a key that is not alive or does not wait for that, InvalidVariables for what is not plain JSON, and BudgetExceeded
    when the process runs on without waiting; after BudgetExceeded the execution must be thrown away. An expression
    that fails does not raise: it is an incident of its element.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    @classmethod
    def start(
        cls,
        diagram: Diagram,
        definition_key: int,
        context: Context,
        variables: Variables,
        *,
        process_id: str | None = None,
        start_event: str | None = None,
        held: bool = False,
    ) -> Execution:
        """A new process instance, advanced to its first wait; `held`, it waits at its start until the next command.

        `process_id` is a process of the diagram (default: the first), `start_event` a message, signal or timer start
        event, whose output mappings get the variables (default: the none start event). Raises Rejected if there is no
        such start.
        """
        process_id = process_id or diagram.process_id
        start = _start(diagram, process_id, start_event)
        checked = check_variables(variables, context.budget.bytes)
        brought = {"payload": checked} if diagram.elements[start].trigger else {}
        instance = Instance(
            diagram.specs[process_id], definition_key, context, {} if brought else checked
        )
        execution = cls(instance)
        if held:
            instance.begin(start, brought)
        else:
            execution._command(lambda: instance.begin(start, brought))
        return execution

    @classmethod
    def load(
        cls,
        diagram: Diagram,
        definition_key: int,
        context: Context,
        saved: bytes,
        variables: dict[str, Any],
    ) -> Execution:
        """The process instance as saved; `variables` is the process scope and is changed in place.

        With another version of the diagram it is migrated: tokens stay on the elements with the same ids. Raises
        Rejected if one of those is missing.
        """
        return cls(state.load(diagram, definition_key, context, saved, variables))

    @classmethod
    def migrate(
        cls,
        route: migration.Route,
        definition_key: int,
        context: Context,
        saved: bytes,
        variables: dict[str, Any],
    ) -> Execution:
        """The process instance as saved under the source of the route, carried over to its target.

        Open user tasks and jobs report themselves again, under the keys they have. Raises Unmigratable for tokens that
        have no place there, Rejected where an expression of the target fails, BudgetExceeded.
        """
        execution = cls(migration.migrate(route, definition_key, context, saved, variables))
        execution._command(lambda: None)
        return execution

    # Commands

    def complete(
        self, key: int, variables: Variables, *, outcome: str | None = None, veto: bool = False
    ) -> None:
        """Complete a user task or job; output mappings decide what of the variables goes where.

        `outcome` is what the person decided, for `rejectTo` and votes; with `veto` a rejection decides a vote that has one.
        """
        task = search.working(self._instance, key)
        checked = self._checked(variables)
        if outcome is not None:
            task.internal_data.update(outcome=outcome, veto=veto)
        self._command(lambda: task.task_spec.resume(task, checked))

    def hold(self, key: int, event: str, action: str, changes: Variables, held: Variables) -> bool:
        """Ask the listeners of an event of a user task before it is done; False, and nothing happens, without any.

        `action` and `changes` (attributes of the task) are for the listeners, `held` is kept; TransitionReady gives it back
        when they are done, `deny` when one of them denies it. Until then the user task cannot be completed.
        """
        task = search.working(self._instance, key)
        asked = (event, action, self._checked(changes), self._checked(held))
        called = task_listeners.hold(task, *asked)
        self._command(lambda: None)
        return called

    def correct(self, key: int, corrections: Variables) -> None:
        """Keep what the task listener of that key wants changed of its user task. Raises NotFound."""
        task_listeners.correct(search.working(self._instance, key), self._checked(corrections))

    def deny(self, key: int) -> tuple[str, Variables]:
        """Give up what the task listener of that key was asked about; give its event and what was held.

        Raises NotFound, or Rejected for an event that cannot be denied.
        """
        return task_listeners.deny(search.working(self._instance, key))

    def direct(self, key: int, variables: Variables, direction: Direction) -> None:
        """Complete the job that directs an ad-hoc subprocess with what its worker decided; `variables` go into the subprocess.

        Raises NotFound for any other job, Rejected for elements that cannot be activated.
        """
        task = search.find(self._instance, key, lambda one: isinstance(one.task_spec, DirectingJob))
        checked = self._checked(variables)
        self._command(lambda: task.task_spec.body.direct(task, direction, checked))

    def throw_error(
        self, key: int, code: str, message: str = "", variables: Variables | None = None
    ) -> None:
        """A BPMN error from a job or user task. Nothing catching it makes an incident."""
        task = search.working(self._instance, key)
        checked = self._checked(variables or {})
        self._command(lambda: throwing.throw_error(task, code, message, checked))

    def correlate(self, key: int, variables: Variables) -> None:
        """A message or signal for the subscription of that key. A non-interrupting event stays subscribed."""
        task, listener = search.listening(self._instance, key)
        checked = self._checked(variables)
        self._command(lambda: listeners.heard(task, listener, checked))

    def fire_timers(self) -> None:
        """Fire every timer due at `context.now`, the earliest first; what a cycle has missed fires once."""
        while self.fire_timer():
            pass

    def fire_timer(self) -> bool:
        """Fire the timer that has been due longest at `context.now`, if there is one; say whether there was.

        Timers that fall due at once because of it fire too, so that a loop of them exceeds the budget.
        """
        due = search.due(self._instance, self._instance.context.now)
        if due:
            self._command(lambda: self._fire(due))
        return bool(due)

    def postpone_timer(self, until: datetime) -> None:
        """Let the timer that has been due longest be due only at `until`; the others stay as they are."""
        found = search.due(self._instance, self._instance.context.now)
        if found:
            listeners.postpone(found[0][1], until)

    def retry(self, key: int) -> None:
        """Try again what made the incident of that element instance."""
        task = search.find(self._instance, key, lambda found: "incident" in found.internal_data)
        self._command(lambda: self._retry(task))

    def cancel(self) -> None:
        """End the process instance; what is active is terminated."""
        self._instance.close()

    def set_variables(self, key: int | None, variables: Variables, *, local: bool = False) -> None:
        """Write variables as seen from the element instance (None: the process), or into its own scope if `local`.

        What waits for a condition goes on if it holds now.
        """
        checked = self._checked(variables)
        root = self._instance.task_tree
        task = root if key is None else search.find(self._instance, key)
        scope = self.variables if key is None else scopes.own(task) if local else None
        if scope is None:
            self._command(lambda: scopes.propagate(task, checked))
        else:
            self._command(lambda: scopes.write(task, scope, checked))

    def move(self, key: int, element_id: str, variables: Variables | None = None) -> None:
        """Terminate that element instance and put a token on another element of the same scope or one around it.

        This is how a step is returned, withdrawn or skipped by a person with the right to do so; variables go into the
        process. The instances of a multi-instance end together, and so does a subprocess that is left. Raises Rejected
        if the element is in none of those scopes.
        """
        task = search.find(self._instance, key, lambda found: found.parent is not None)
        leaving = search.beside(task, element_id)
        checked = self._checked(variables or {})
        scopes.propagate(task, checked, above=True)
        self._command(lambda: self._move(leaving, element_id))

    def rearrange(self, move: Move) -> None:
        """Put a token where a person sends it, and end those it replaces. Raises NotFound or Rejected, see `Move`."""
        self._command(lambda: moves.perform(self._instance, move))

    def retake(self, body_key: int, ballot_key: int, origin: Mapping[str, Any]) -> None:
        """Take a signer's word back while the vote runs; the part opens anew. Raises NotFound or Rejected."""
        self._command(lambda: moves.retake(self._instance, body_key, ballot_key, origin))

    def add_instance(self, key: int, item: object) -> None:
        """One more instance of a multi-instance activity; `key` is that of its body or of one of its instances.

        The item becomes the input element. Raises NotFound if the element instance is no part of a multi-instance.
        """
        task = search.find(self._instance, key, lambda found: search.body(found) is not None)
        body = search.body(task)
        checked = self._checked({"item": item})
        self._command(lambda: body and body.task_spec.add(body, checked["item"]))

    def remove_instance(self, key: int) -> None:
        """Terminate one instance of a multi-instance activity and go on without it. Raises NotFound as above."""
        task = search.find(
            self._instance, key, lambda found: search.body(found) not in (None, found)
        )
        self._command(lambda: task.task_spec.body.remove(task))

    def activate(
        self,
        element_id: str,
        variables: Variables | None = None,
        *,
        local: Variables | None = None,
        scope_key: int | None = None,
    ) -> None:
        """Put a token on an element, beside those there are; subprocesses around it are entered if need be.

        `variables` go into the process, `local` into the element's own scope. `scope_key` is the element instance
        around it, where several could be. Raises Rejected for start and boundary events, what stands behind an
        event-based gateway, and without one single place.
        """
        checked, own = self._checked(variables or {}), self._checked(local or {})
        scopes.write(self._instance.task_tree, self.variables, checked)
        self._command(lambda: modification.activate(self._instance, element_id, own, scope_key))

    def activate_ad_hoc(
        self, key: int, wanted: Iterable[tuple[str, Variables]], *, alone: bool = False
    ) -> None:
        """Activate elements of an open ad-hoc subprocess, each with variables of its own; `alone` ends what is active in it.

        Raises NotFound unless that is the key of one, Rejected naming the elements that cannot be activated there.
        """
        task = ad_hoc.found(self._instance.all_tokens(), key)
        checked = [(one, self._checked(variables)) for one, variables in wanted]
        self._command(lambda: task.task_spec.activate(task, checked, alone=alone))

    def terminate(self, key: int) -> None:
        """Stop an element instance, and what is around it once nothing else is inside.

        Raises Rejected if nothing of the process instance would be left.
        """
        task = search.find(self._instance, key, lambda found: found.parent is not None)
        self._command(lambda: modification.terminate(task))

    def skip(self, key: int, variables: Variables | None = None) -> None:
        """Go on behind an element with an incident as if it had worked; variables stand for its result.

        Raises Rejected for gateways that wait for tokens: they can only be left by `move`.
        """
        task = search.find(self._instance, key, lambda found: "incident" in found.internal_data)
        checked = self._checked(variables or {})
        self._command(lambda: modification.skip(task, checked))

    def save(self) -> bytes:
        """The state without the diagram and without `variables`, compressed."""
        return state.dump(self._instance)

    # What is

    @property
    def events(self) -> list[Event]:
        """What happened since start or load, in order."""
        return self._instance.events

    @property
    def variables(self) -> dict[str, Any]:
        """The process scope."""
        return self._instance.variables

    @property
    def completed(self) -> bool:
        """Whether no token is left: it ran to its end or was cancelled."""
        return self._instance.completed

    @property
    def active(self) -> list[Active]:
        """The element instances that are alive, in the order they came."""
        return search.alive(self._instance)

    @property
    def next_due(self) -> datetime | None:
        """When the next timer is due, aware UTC; None without timers."""
        return min(
            (due for task in self._instance.all_tokens() for due, _ in listeners.due(task)),
            default=None,
        )

    def variables_of(self, key: int) -> dict[str, Any]:
        """What that element instance sees: all scopes merged, the nearest first."""
        return scopes.visible(search.find(self._instance, key))

    def local_variables_of(self, key: int) -> dict[str, Any]:
        """The element instance's own scope."""
        return dict(scopes.own(search.find(self._instance, key)))

    # How

    def _command(self, act: Callable[[], object]) -> None:
        self._instance.meter = Meter(self._instance.context.budget)
        act()
        self._instance.run_to_wait()
        self._check_size()

    def _check_size(self) -> None:
        self._instance.meter.check_size(len(encoded(self.variables)))

    def _checked(self, variables: Variables) -> dict[str, Any]:
        return check_variables(variables, self._instance.context.budget.bytes)

    def _fire(self, due: list[search.Due]) -> None:
        others = {listener["key"] for _, listener in due[1:]}
        while due:
            task, listener = due[0]
            self._instance.meter.count_step(listener["element"])
            listeners.heard(task, listener, {})
            self._instance.run_to_wait()
            now = search.due(self._instance, self._instance.context.now)
            due = [one for one in now if one[1]["key"] not in others]

    def _retry(self, task: Task) -> None:
        del task.internal_data["incident"]
        task.workflow.report(task, IncidentClosed)
        if "leaving" in task.internal_data:
            task.task_spec.resume(task, task.internal_data["leaving"])
        elif task is task.workflow.task_tree:
            task.run()
        elif task.state != TaskState.WAITING:
            task._ready()  # noqa: SLF001

    def _move(self, task: Task, element_id: str) -> None:
        source = {"from": task.internal_data["key"]} if "key" in task.internal_data else {}
        task.workflow.terminate(task)
        task.workflow.spawn(element_id, **source)


def _start(diagram: Diagram, process_id: str, start_event: str | None) -> str:
    if process_id not in diagram.processes:
        raise Rejected(reason=f"there is no process {process_id}")
    none_start = diagram.start_event(process_id)
    wanted = start_event or (none_start.id if none_start else None)
    starts = [e.id for e in diagram.inside(process_id) if e.type == "startEvent"]
    if wanted not in starts:
        raise Rejected(reason=f"{process_id} has no start event {wanted or 'without a trigger'}")
    return wanted
