"""What a person may decide at a step, and how a completion says it (property `outcomes`, decision 3).

A form with a field `outcome` says it itself; elsewhere it is a parameter of the completion. Either way the process sees the
variable `outcome` and the task keeps it. Where to go with it the diagram draws, or `rejectTo`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.errors import InvalidVariables, NotAllowed, Rejected
from engine.forms.errors import BadCharacters, Malformed, Required
from engine.models.task import UserTask
from engine.runtime import Vote
from engine.staff.access import Actor
from engine.tasks import rights
from engine.tasks.opinions import LONGEST

FIELD = "outcome"
RETURN, REJECT = "return", "reject"
OF_VOTES = ("approve", "reject", "abstain")
SAYING_WHY = frozenset({REJECT, "conditional"})


class Decision(NamedTuple):
    """What was decided: the variables the process gets, the outcome, and why."""

    variables: dict[str, Any]
    outcome: str | None
    opinion: str | None


def of(task: UserTask) -> tuple[str, ...]:
    """Give the outcomes the step of a task knows, none where nothing is decided."""
    drawn = tuple(
        one.strip() for one in task.properties.get("outcomes", "").split(",") if one.strip()
    )
    return drawn or (OF_VOTES if "vote" in task.properties else ())


def offered(actor: Actor, task: UserTask) -> tuple[str, ...]:
    """Give the outcomes the actor may choose at an open task now; where to return to, `returns.targets` says."""
    return of(task) if rights.may_complete(actor, task) else ()


def returnable(task: UserTask) -> bool:
    """Whether the step lets its people return the work to an earlier one."""
    return RETURN in of(task) or bool(task.properties.get("returnTo", "").strip())


def undecided(task: UserTask, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the form of a step sees of the variables: what another approval decided is not decided here."""
    asked = bool(task.properties.get("outcomes"))
    return {name: value for name, value in variables.items() if not (asked and name == FIELD)}


def decide(task: UserTask, clean: Mapping[str, Any], outcome: str | None, opinion: str) -> Decision:
    """Join what the form and the parameters of a completion say.

    Raises Rejected for an outcome where none is asked or when the work must be returned instead (`returns.give_back`), and
    InvalidVariables for one that is missing or not offered and for a rejection without a reason.
    """
    names, written = of(task), FIELD in clean
    said = clean[FIELD] if written else outcome
    if not names or (written and said is None):
        if outcome is not None:
            raise Rejected(reason="this step asks for no outcome")
        if errors := _wrong(opinion):
            raise InvalidVariables(errors)
        return Decision(dict(clean), None, opinion.strip() or None)
    if said == RETURN and not written:
        raise Rejected(reason="returning needs a step to return to")
    _check(said, names, opinion, alone=not written)
    variables = {**clean, FIELD: said}
    if "vote" in task.properties and opinion:
        variables["opinion"] = opinion
    return Decision(variables, said, opinion.strip() or None)


def _check(said: Any, names: tuple[str, ...], opinion: str, *, alone: bool) -> None:
    errors = _wrong(opinion)
    if said not in names:
        errors[FIELD] = [Required() if said is None else Malformed()]
    if alone and said in SAYING_WHY and not opinion.strip():
        errors["opinion"] = [Required()]
    if errors:
        raise InvalidVariables(errors)


def _wrong(opinion: str) -> dict[str, list[Any]]:
    """Give what is wrong with an opinion as such."""
    if len(opinion) > LONGEST:
        return {"opinion": [Malformed()]}
    if "\0" in opinion or any("\ud800" <= char <= "\udfff" for char in opinion):
        return {"opinion": [BadCharacters()]}
    return {}


def vetoes(actor: Actor, task: UserTask) -> bool:
    """Whether a rejection by the actor decides the vote alone."""
    vote = Vote.read(task.properties) if "vote" in task.properties else None
    if vote is None:
        return False
    return "*" in vote.veto or bool(vote.veto & actor.roles_at(task.site_id))


def require_returnable(actor: Actor, task: UserTask) -> None:
    """Raise NotAllowed unless the step lets the actor return the work."""
    if not rights.may_complete(actor, task) or not returnable(task):
        raise NotAllowed(reason="returning this task")
