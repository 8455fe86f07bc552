"""Countersigning: a multi-instance user task whose signers decide together, as early as the result is certain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Rejected
from engine.runtime import scopes
from engine.runtime.faults import EXPRESSION, Fault
from engine.runtime.multi_instance import MultiInstance
from engine.runtime.votes import ABSTAIN, APPROVALS, REJECT, Tally, Vote

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

RESULT = "vote_result"


class Countersign(MultiInstance):
    """The body around the signers. Its result goes outwards as `vote_result` and `outcome`.

    Keys of `internal_data` besides those of a body: cast (what each signer said by the key of the element instance: index,
    outcome, whether it is a veto, item), outcome (the decision).
    """

    @property
    def vote(self) -> Vote:
        """The rule; the gate has checked it."""
        vote = Vote.read(self.element.properties)
        assert vote is not None  # noqa: S101
        return vote

    def _items(self, task: Task) -> list[Any]:
        items = super()._items(task)
        if not items:
            raise Fault(EXPRESSION, "there is nobody to vote")
        return items

    def _variables(self, index: int, item: Any) -> dict[str, Any]:
        return {"outcome": None, "opinion": None} | super()._variables(index, item)

    def collect(self, instance: Task) -> None:
        """Take what the signer said into account."""
        super().collect(instance)
        task, data = instance.parent, instance.internal_data
        item = scopes.own(instance).get(self.loop.input_element)
        outcome, veto = data.get("outcome") or ABSTAIN, bool(data.get("veto"))
        cast = task.internal_data.setdefault("cast", {})
        cast[str(data["key"])] = [data["index"], outcome, veto, item]
        self._decide(task)

    def _decide(self, task: Task) -> None:
        if decision := self.vote.decide(self.tally(task)):
            task.internal_data.update(stop=True, outcome=decision)

    def tally(self, task: Task) -> Tally:
        """What the signers said so far."""
        data = task.internal_data
        cast = list(data.get("cast", {}).values())
        said = [outcome for _, outcome, _, _ in cast]
        approve, reject = sum(one in APPROVALS for one in said), said.count(REJECT)
        return Tally(
            approve=approve,
            reject=reject,
            abstain=len(said) - approve - reject,
            total=data["size"] - data["removed"],
            vetoed=any(outcome == REJECT and veto for _, outcome, veto, _ in cast),
        )

    def _go_on(self, task: Task) -> None:
        self._decide(task)  # without a removed signer the result may have become certain
        super()._go_on(task)

    def retake(self, task: Task, ballot_key: int, origin: Mapping[str, Any]) -> None:
        """Open a signer's part again. Raises Rejected when the next signer has been asked or nothing was said."""
        data = task.internal_data
        if self.loop.sequential or str(ballot_key) not in data.get("cast", {}):
            raise Rejected(reason="what was said here cannot be taken back")
        index, _, _, item = data["cast"].pop(str(ballot_key))
        data["done"] -= 1
        if name := self.loop.output_collection:
            results = list(scopes.own(task)[name])
            results[index] = None
            scopes.own(task)[name] = results
        child = task._add_child(self.inner, TaskState.FUTURE)  # noqa: SLF001
        variables = self._variables(index, item)
        child.internal_data.update(index=index, variables=variables, origin=dict(origin))
        self.inner._update(child)  # noqa: SLF001

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """The output collection and the result go outwards."""
        super().deliver(task, variables)
        tally, data = self.tally(task), task.internal_data
        # A completion condition may have ended the vote before it was certain: who has not spoken does not count then.
        voted = Tally(
            tally.approve, tally.reject, tally.abstain, tally.total - tally.open, tally.vetoed
        )
        decision = data.setdefault("outcome", self.vote.decide(voted) or REJECT)
        result = {
            "decision": decision,
            "approve": tally.approve,
            "reject": tally.reject,
            "abstain": tally.abstain,
            "total": tally.total,
        }
        scopes.propagate(task, {RESULT: result, "outcome": decision}, above=True)
