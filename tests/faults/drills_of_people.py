"""What people do with tasks, as drills: handing over, asking, signing, standing in, returning, voting, stopping clocks."""

from __future__ import annotations

import datetime as dt

from engine import comments, corrections, tasks, worker
from engine.engine import Command
from engine.flow import returns, votes, withdrawals
from engine.staff import substitutions
from engine.timing import pauses
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams as flows
from tests.faults.drill import Drill, Scene, Step, does, done, of, starts, uploads, works

WEEK = dt.timedelta(days=7)
WORKING = "move_in_owner.t_conflict"
complete, sign = tasks.complete, tasks.complete
YES = {"outcome": "approve", "opinion": "可以"}
NO = {"outcome": "reject", "opinion": "not so"}


def named(content: bytes, process_id: str) -> dict[str, bytes]:
    """The diagram under a process id of its own."""
    text = content.decode().replace(
        '<process id="p" name="p"', f'<process id="{process_id}" name="{process_id}"'
    )
    return {f"{process_id}.bpmn": text.encode()}


def two_steps(process_id: str, **more: str) -> dict[str, bytes]:
    body = user_task("check", **more) + user_task("sign") + chain("s", "check", "sign", "e")
    return {f"{process_id}.bpmn": process(body, process_id)}


TRANSFER = Drill(
    process_id="transfer",
    files=two_steps("transfer"),
    steps=[
        starts(),
        does("assistant", tasks.claim, "check"),
        does("assistant", tasks.transfer, "check", "colleague", reason="I am away"),
        does("supervisor", tasks.assign, "check", "assistant"),
        does("assistant", tasks.unclaim, "check"),
        does("supervisor", tasks.update, "check", priority=80),
        does("clerk", tasks.urge, "check"),
        uploads("colleague", "check"),
        does("colleague", complete, "check", {"ok": True}),
        does("assistant", complete, "sign", {}),
    ],
)
DELEGATION = Drill(
    process_id="delegation",
    files=two_steps("delegation"),
    steps=[
        starts(),
        does("assistant", tasks.delegate, "check", "clerk", note="what do you think"),
        does("clerk", tasks.answer, "check", "it is fine", {"ok": True}),
        does("assistant", tasks.delegate, "check", "cashier"),
        does("cashier", tasks.decline, "check", "not mine"),
        does("assistant", tasks.delegate, "check", "clerk"),
        does("assistant", tasks.recall, "check"),
        does("assistant", complete, "check", {"ok": True}),
        does("colleague", complete, "sign", {}),
    ],
)
SIGNERS = Drill(
    process_id="signers",
    files=two_steps("signers", copyTo="finance_clerk"),
    steps=[
        starts(),
        does("assistant", tasks.claim, "check"),
        does("assistant", tasks.add_signers, "check", ["supervisor"], tasks.BEFORE),
        does("supervisor", tasks.add_signers, of("check", "supervisor"), ["clerk"], tasks.AFTER),
        does("supervisor", sign, of("check", "supervisor"), YES),
        does("clerk", sign, of("check", "clerk"), YES),
        does("assistant", tasks.add_signers, "check", ["colleague"], tasks.BESIDE),
        does("assistant", tasks.add_signers, "check", ["cashier", "clerk"], tasks.AFTER),
        does("assistant", complete, "check", {"ok": 1}),
        does("colleague", sign, of("check", "colleague"), NO),
        does("assistant", complete, "check", {"ok": 2}),
        does("assistant", tasks.take_back, "check"),
        does("assistant", complete, "check", {"ok": 3}),
        does("assistant", tasks.remove_signer, of("check", "cashier")),
        does("clerk", sign, of("check", "clerk"), YES),
        does("assistant", complete, "sign", {}),
    ],
)  # fmt: skip


def _appoint(scene: Scene, command: Command) -> None:
    substitutions.appoint(command, "assistant", "clerk", command.now, command.now + WEEK)


SUBSTITUTION = Drill(
    process_id="standing_in",
    files=two_steps("standing_in", copyTo="starter"),
    steps=[
        starts(by="cashier"),
        Step(by="assistant", act=_appoint),
        does("clerk", tasks.claim, "check"),
        does("clerk", complete, "check", {"note": "a"}),
        does("clerk", corrections.correct, done("check"), {"note": "b"}, "a slip"),
        does("colleague", tasks.copy, "sign", ["supervisor"], "please read"),
        Step(by="cashier", act=lambda scene, command: comments.add(command, scene.instances()[0].key, "hurry")),
        does("clerk", complete, "sign", {}),
    ],
)  # fmt: skip
RETURNS = Drill(
    process_id="returns",
    files=named(flows.FORKED, "returns"),
    steps=[
        starts(),
        does("clerk", complete, "write", {"text": 1}),
        does("clerk", withdrawals.withdraw, done("write")),
        does("clerk", complete, "write", {"text": 2}),
        does("assistant", complete, "check", {}),
        does("assistant", returns.give_back, "look", "check", "once more"),
        does("assistant", complete, "check", {}),
        does("assistant", returns.give_back, "look", "check", "and back to me", straight_back=True),
        does("assistant", complete, "check", {}),
        does("assistant", complete, "look", {}, outcome="approve"),
        does("cashier", complete, "pay", {}),
        does("supervisor", returns.give_back, "sign", "write", "all of it"),
        does("clerk", complete, "write", {"text": 3}),
        does("assistant", complete, "check", {}),
        does("cashier", complete, "pay", {}),
        does("assistant", complete, "look", {}, outcome="approve"),
        does("supervisor", complete, "sign", {}, outcome="approve"),
    ],
)
VOTERS = ["assistant", "colleague", "supervisor"]
VOTES = Drill(
    process_id="votes",
    files=named(flows.voting(vote="ratio", passRatio="1", copyTo="finance_clerk"), "votes"),
    steps=[
        starts({"signers": VOTERS}),
        does("clerk", complete, "write", {}),
        does("assistant", complete, of("vote", "assistant"), {}, outcome="approve"),
        does("assistant", withdrawals.withdraw, done("vote")),
        does("root", votes.add_signer, of("vote", "supervisor"), "cashier", "money is concerned"),
        does("root", votes.remove_signer, of("vote", "supervisor"), "ill"),
        does("cashier", complete, of("vote", "cashier"), {}, outcome="reject", opinion="no"),
        does("assistant", returns.give_back, "revise", "write", "again"),
        does("clerk", complete, "write", {}),
        *(does(one, complete, of("vote", one), {}, outcome="approve") for one in VOTERS),
        does("assistant", complete, "file", {}),
    ],
)
TIMED = process(
    user_task("accept", limit=WORKING, clockStart=WORKING)
    + user_task("ask", clockPause=WORKING)
    + user_task("answer", clockStop=WORKING, limit="move_in_owner.w_pay")
    + chain("s", "accept", "ask", "answer", "e"),
    "clocks",
)
CLOCKS = Drill(
    process_id="clocks",
    files={"clocks.bpmn": TIMED},
    steps=[
        starts(),
        does("supervisor", pauses.begin, "accept", "the customer is away"),
        does("supervisor", pauses.end, "accept", hours=2),
        works(worker.run_due, hours=100),
        does("assistant", complete, "accept", {}, hours=100),
        does("assistant", complete, "ask", {}, hours=124),
        works(worker.run_due, hours=174),
        does("supervisor", pauses.begin, "answer", "parts are missing", hours=174),
        works(worker.run_due, hours=1998),
        does("assistant", complete, "answer", {}, hours=1998),
    ],
)
OF_PEOPLE = (TRANSFER, DELEGATION, SIGNERS, SUBSTITUTION, RETURNS, VOTES, CLOCKS)
