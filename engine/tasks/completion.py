"""Completing a user task: the one way by which what a person submits moves a process instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import executions, inquiries, submissions
from engine.engine import Command
from engine.errors import NotAllowed
from engine.models.task import UserTask
from engine.staff.access import Principal
from engine.tasks import family, opinions, outcomes, progress, rights, signing
from engine.tasks.possession import stamp
from engine.tasks.progress import Completion
from engine.tasks.rows import lock, who_has


def complete(
    command: Command,
    key: int,
    variables: Mapping[str, Any],
    *,
    version: int | None = None,
    typed: bool = False,
    outcome: str | None = None,
    opinion: str = "",
) -> Completion:
    """Complete a user task and run its instance to the next wait state.

    `version` is the task version the actor saw; `variables` are checked against the task's form (`typed` when they are JSON
    rather than what a person typed). Raises TaskChanged, TaskClosed, NotAllowed or InvalidVariables; then nothing has been written.
    When the process runs on without end, the task stays open, what was submitted is kept as the actor's draft and an
    incident is recorded.

    `outcome` is what the person decides where the form does not ask for it, `opinion` why (`outcomes.decide`).
    A signer's task takes `outcome` (approve, reject) and `opinion`. Signers before this task must have signed, else
    WaitsForSigners; while those beside or after it have not, what was submitted is held until the last of them signs. So it is
    until its listeners let it pass (`transitions`).
    """
    instance, task = lock(command, key, version)
    principal = _require_right(command, task)
    if task.signers:
        signing.require_before_done(command.session, task)
    if task.parent_key is not None:
        said = {"outcome": outcome, "opinion": opinion} | dict(variables)
        return signing.sign(command, instance, task, opinions.verdict(said), principal)
    execution = executions.load(command, instance)
    form = submissions.form_of(command, task.definition_key, task.form_id)
    clean = dict(variables)
    if form is not None:
        seen = outcomes.undecided(task, execution.variables_of(key))
        scope = {**inquiries.of_instance(command, instance), **seen}
        place = submissions.Place(task.site_id, instance.policy["zone"], instance.key, key)
        clean = submissions.check(command, form, variables, scope, place, typed=typed)
    clean, task.outcome, task.opinion = outcomes.decide(task, clean, outcome, opinion)
    if task.signers:
        task.submitted = clean
        return signing.hold(command, instance, task, principal)
    done = progress.run(command, instance, task, clean, execution)
    if done is None:
        task.outcome = task.opinion = None
        return progress.stopped(command, instance, task, variables)
    progress.act_for(task, principal)
    progress.settle(command, instance, task, clean, done, **stamp(principal))
    return Completion(task=task, instance=instance, ran=True, held=done.held)


def _require_right(command: Command, task: UserTask) -> Principal | None:
    """Give for whom the actor completes the task, None for himself. Raises NotAllowed."""
    if not rights.may_complete(command.actor, task):
        reason = "completing what was delegated" if task.owner_id else "completing this task"
        raise NotAllowed(reason=reason, **who_has(command.session, task))
    principal = rights.principal_for(command.actor, task)
    people = [command.actor.user_id, principal.user_id if principal else None]
    rights.require_distinct(command, task, *people)
    if task.assignee_id is None:
        whose = principal.user_id if principal else command.actor.user_id
        family.require_one_ballot(command.session, task, whose)
    return principal
