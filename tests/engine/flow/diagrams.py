"""Procedures of a few steps in which work goes back."""

from __future__ import annotations

from tests.diagrams import chain, flow, process, properties, script, service_task, user_task

ASKED = {"outcomes": "approve,reject,return"}
THREE = process(
    user_task("write", "front_desk") + user_task("check") + user_task("sign", "service_supervisor", returnTo="any", **ASKED)
    + chain("s", "write", "check", "sign", "e")
)  # fmt: skip
# write → fork → (check → look | pay) → join → sign
FORKED = process(
    '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    + user_task("write", "front_desk")
    + user_task("check")
    + user_task("look", "service_assistant", returnTo="any", **ASKED)
    + user_task("pay", "finance_clerk")
    + user_task("sign", "service_supervisor", returnTo="any", **ASKED)
    + chain("s", "write", "fork", "check", "look", "join", "sign", "e")
    + chain("fork", "pay", "join")
)
# the fork comes after the step: write → fork → (check | look)
SPLIT_AFTER = process(
    '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    + user_task("write", "front_desk")
    + user_task("check", "service_assistant", returnTo="previous", **ASKED)
    + user_task("look")
    + chain("s", "write", "fork", "check", "join", "e")
    + chain("fork", "look", "join")
)
# each round forks anew: two rounds of (left | right)
ROUNDS = process(
    '<exclusiveGateway id="again"/><parallelGateway id="fork"/><parallelGateway id="join"/>'
    '<exclusiveGateway id="enough" default="enough_e"/>'
    + user_task("left", "service_assistant", returnTo="any", **ASKED)
    + user_task("right", "service_assistant", returnTo="any", **ASKED)
    + script("count", "=(if n = null then 0 else n) + 1", "n")
    + chain("s", "again", "fork", "left", "join", "count", "enough", "e")
    + chain("fork", "right", "join") + flow("enough", "again", "=n &lt; 3")
)  # fmt: skip


def many(element_id: str, *, sequential: bool = False, condition: str = "", **more: str) -> str:
    """A user task for everybody named in `signers`."""
    done = f"<completionCondition>{condition}</completionCondition>" if condition else ""
    return (
        f'<userTask id="{element_id}" name="{element_id}"><extensionElements><zeebe:userTask/>'
        '<zeebe:assignmentDefinition assignee="=signer" candidateGroups="all_staff"/>'
        + properties(**more)
        + f'</extensionElements><multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        '<extensionElements><zeebe:loopCharacteristics inputCollection="=signers" inputElement="signer" '
        'outputCollection="said" outputElement="=outcome"/></extensionElements>'
        f"{done}</multiInstanceLoopCharacteristics></userTask>"
    )


def voting(*, sequential: bool = False, condition: str = "", **more: str) -> bytes:
    """Write, vote, and file or revise."""
    return process(
        '<exclusiveGateway id="g" default="g_revise"/>'
        + user_task("write", "front_desk")
        + many("vote", sequential=sequential, condition=condition, **more)
        + user_task("file")
        + user_task("revise", "service_assistant", returnTo="vote,write", **ASKED)
        + chain("s", "write", "vote", "g", "revise", "e")
        + flow("g", "file", '=outcome = "approve"')
        + chain("file", "e")
    )


WITH_JOB = process(
    user_task("write", "front_desk") + service_task("send", "outside")
    + user_task("sign", "service_supervisor", returnTo="any", **ASKED) + chain("s", "write", "send", "sign", "e")
)  # fmt: skip
