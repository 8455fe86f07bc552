"""Gateways: where tokens choose, split and join.

A join looks at the tokens that stand before it, one per incoming flow. It takes exactly one of each, whatever came in
which order in earlier passes of a loop; a second token on the same flow waits for the next round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway as SpiffExclusive
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway as SpiffInclusive
from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway as SpiffParallel
from SpiffWorkflow.util.task import TaskState

from engine.runtime.behaviour import Behaviour
from engine.runtime.faults import CONDITION, UNKNOWN, Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Flow

STANDING = TaskState.FUTURE | TaskState.WAITING


class Choice(Behaviour):
    """Chooses by conditions; nothing to take is an incident."""

    only_one = False

    def choose(self, task: Task) -> Sequence[Flow]:
        """The flows whose condition holds, else the default, else the only one there is."""
        flows = [self.process_spec.flows[id_] for id_ in self.element.outgoing]
        conditional = [flow for flow in flows if flow.condition and flow.id != self.element.default]
        if not conditional:
            return flows
        held = self.conditions(task, conditional, first=self.only_one)
        chosen = [flow for flow, holds in zip(conditional, held, strict=False) if holds]
        chosen = chosen or [flow for flow in flows if flow.id == self.element.default]
        if not chosen:
            raise Fault(CONDITION, "no condition is true and there is no default flow")
        return chosen


class ExclusiveGateway(Choice, SpiffExclusive):  # type: ignore[misc]
    """Takes the first flow whose condition holds, in the order of the file."""

    only_one = True


class Joining(Behaviour):
    """A gateway that several flows lead to."""

    def arrived(self, task: Task) -> dict[str, Task]:
        """The first token standing before the gateway on each of its flows."""
        standing: dict[str, Task] = {}
        for other in task.workflow.tasks.values():
            stands = other.task_spec is self and other.has_state(STANDING)
            if stands and "flow" in other.internal_data:
                standing.setdefault(other.internal_data["flow"], other)
        return standing

    def release(self, task: Task) -> bool:
        """Now that nothing else moves: whether the standing token goes on."""
        raise NotImplementedError

    def can_come(self, task: Task, flow_ids: Sequence[str], unless: Sequence[str] = ()) -> bool:
        """Whether a token elsewhere can come by one of these flows; one that can come by an `unless` does not count."""
        tokens = [token.task_spec for token in task.workflow.tokens()]
        return any(
            self._reaches(spec, flow_ids) and not self._reaches(spec, unless)
            for spec in tokens
            if spec is not self and not spec.instance_of_body
        )

    def _reaches(self, spec: Behaviour, flow_ids: Sequence[str]) -> bool:
        targets = {self.process_spec.flows[id_].source for id_ in flow_ids}
        return bool(targets & self.process_spec.reachable(spec.element.id, without=self.element.id))

    def merge(self, task: Task, others: Iterable[Task]) -> None:
        """Let the token go on for all of them."""
        merged = [other for other in others if other is not task]
        task.internal_data["joined"] = [other.internal_data["flow"] for other in merged]
        task.internal_data["joined_from"] = [other.internal_data["from"] for other in merged]
        for other in merged:
            task.workflow.terminate(other)


class ParallelGateway(Joining, SpiffParallel):  # type: ignore[misc]
    """Waits for a token on every incoming flow, then sends one along every outgoing flow."""

    def _update_hook(self, my_task: Task) -> bool:
        if "flow" not in my_task.internal_data:  # somebody put it here: it waits for no others
            return True
        standing = self.arrived(my_task)
        if len(standing) < len(self.element.incoming):
            my_task._set_state(TaskState.WAITING)  # noqa: SLF001
            return False
        self.merge(my_task, standing.values())
        return True

    def choose(self, task: Task) -> Sequence[Flow]:
        """All."""
        return [self.process_spec.flows[id_] for id_ in self.element.outgoing]

    def release(self, task: Task) -> bool:
        """Never, as not all have arrived; but if those missing cannot come, that is an incident and not silence."""
        standing = self.arrived(task)
        missing = [id_ for id_ in self.element.incoming if id_ not in standing]
        is_first = next(iter(standing.values())) is task
        if is_first and "incident" not in task.internal_data and not self.can_come(task, missing):
            self.identify(task)
            self.stop(task, Fault(UNKNOWN, f"no token can come any more by {', '.join(missing)}"))
        return False


class InclusiveGateway(Choice, Joining, SpiffInclusive):  # type: ignore[misc]
    """Takes every flow whose condition holds; joins the tokens that can still come (BPMN 2.0, 13.4.3)."""

    def _update_hook(self, my_task: Task) -> bool:
        alone = len(self.element.incoming) < 2  # noqa: PLR2004 - one flow: nothing to join
        if alone or "flow" not in my_task.internal_data:
            return True
        my_task._set_state(TaskState.WAITING)  # noqa: SLF001
        return False

    def release(self, task: Task) -> bool:
        """Go on unless a token elsewhere can reach a flow that has none, and none that has one."""
        standing = self.arrived(task)
        empty = [id_ for id_ in self.element.incoming if id_ not in standing]
        if self.can_come(task, empty, unless=list(standing)):
            return False
        self.merge(task, standing.values())
        task._ready()  # noqa: SLF001
        return True
