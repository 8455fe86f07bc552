"""Random block-structured diagrams: every block has one way in and one way out, so that every diagram can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.diagrams import chain, flow, process, script, service_task, user_task

STEP = st.sampled_from(["user", "job", "message", "deadline", "reminder", "each", "one_by_one"])
KIND = st.sampled_from(["sequence", "exclusive", "parallel", "loop", "subprocess"])
BLOCK = st.recursive(
    STEP, lambda inner: st.tuples(KIND, st.lists(inner, min_size=1, max_size=3)), max_leaves=7
)
GO = (
    '<message id="m" name="go"><extensionElements><zeebe:subscription correlationKey="=k"/>'
    "</extensionElements></message>"
)
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
Ends = tuple[str, str]


@dataclass
class Drawing:
    """Draws blocks; each method gives where its block is entered and left."""

    parts: list[str] = field(default_factory=list)
    drawn: int = 0

    def name(self, prefix: str) -> str:
        self.drawn += 1
        return f"{prefix}{self.drawn}"

    def add(self, *parts: str) -> None:
        self.parts += parts

    def block(self, block: Any) -> Ends:
        if isinstance(block, str):
            return getattr(self, block)(self.name(block))
        kind, inner = block
        return getattr(self, kind)(inner)

    def user(self, name: str) -> Ends:
        self.add(user_task(name, "all_staff"))
        return name, name

    def job(self, name: str) -> Ends:
        self.add(service_task(name, "outside"))
        return name, name

    def message(self, name: str) -> Ends:
        event = '<messageEventDefinition messageRef="m"/>'
        self.add(f'<intermediateCatchEvent id="{name}">{event}</intermediateCatchEvent>')
        return name, name

    def deadline(self, name: str) -> Ends:
        """A task that its timer may end, with a detour before both ways meet."""
        self.timed(name, interrupting=True)
        after = self.gateway("exclusive")
        self.user(f"{name}_detour")
        self.add(chain(f"{name}_late", f"{name}_detour", after), chain(name, after))
        return name, after

    def reminder(self, name: str) -> Ends:
        """A task beside which its timer opens another."""
        self.timed(name, interrupting=False)
        self.user(f"{name}_beside")
        self.add(f'<endEvent id="{name}_over"/>')
        self.add(chain(f"{name}_late", f"{name}_beside", f"{name}_over"))
        return name, name

    def timed(self, name: str, *, interrupting: bool) -> None:
        self.user(name)
        cancel = str(interrupting).lower()
        self.add(
            f'<boundaryEvent id="{name}_late" attachedToRef="{name}" cancelActivity="{cancel}">'
            f"{TIMER}</boundaryEvent>"
        )

    def each(self, name: str, *, sequential: bool = False) -> Ends:
        """A task for every item of a list."""
        self.add(
            user_task(
                name, "all_staff",
                inner=f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
                f'<extensionElements><zeebe:loopCharacteristics inputCollection="=[1,2,3]" '
                f'inputElement="item" outputCollection="{name}" outputElement="=item * 2"/>'
                "</extensionElements></multiInstanceLoopCharacteristics>",
            )
        )  # fmt: skip
        return name, name

    def one_by_one(self, name: str) -> Ends:
        return self.each(name, sequential=True)

    def gateway(self, kind: str, default: str = "") -> str:
        name = self.name("g")
        more = f' default="{name}_{default}"' if default else ""
        self.add(f'<{kind}Gateway id="{name}"{more}/>')
        return name

    def sequence(self, inner: list[Any]) -> Ends:
        ends = [self.block(block) for block in inner]
        for (_, left), (entered, _) in pairwise(ends):
            self.add(chain(left, entered))
        return ends[0][0], ends[-1][1]

    def exclusive(self, inner: list[Any]) -> Ends:
        ends = [self.block(block) for block in inner]
        fork, join = self.gateway("exclusive", default=ends[-1][0]), self.gateway("exclusive")
        for number, (entered, left) in enumerate(ends[:-1]):
            self.add(flow(fork, entered, f"=pick = {number}"), chain(left, join))
        self.add(chain(fork, ends[-1][0]), chain(ends[-1][1], join))
        return fork, join

    def parallel(self, inner: list[Any]) -> Ends:
        fork, join = self.gateway("parallel"), self.gateway("parallel")
        for entered, left in [self.block(block) for block in inner]:
            self.add(chain(fork, entered), chain(left, join))
        return fork, join

    def loop(self, inner: list[Any]) -> Ends:
        """What is inside, twice."""
        merge, after, count = self.gateway("exclusive"), self.gateway("exclusive"), self.name("n")
        entered, left = self.sequence(inner)
        fork = self.gateway("exclusive", default=after)
        self.add(script(count, f"=(if {count} = null then 0 else {count}) + 1", count))
        self.add(chain(merge, entered), chain(left, count, fork, after))
        self.add(flow(fork, merge, f"=modulo({count}, 2) = 1"))
        return merge, after

    def subprocess(self, inner: list[Any]) -> Ends:
        name = self.name("sub")
        inside = Drawing(drawn=self.drawn)
        entered, left = inside.sequence(inner)
        self.drawn = inside.drawn
        start, end = f"{name}_begin", f"{name}_finish"
        self.add(
            f'<subProcess id="{name}"><startEvent id="{start}"/><endEvent id="{end}"/>',
            *inside.parts, chain(start, entered), chain(left, end), "</subProcess>",
        )  # fmt: skip
        return name, name


def drawn(block: Any, process_id: str) -> bytes:
    """Give the diagram of a block."""
    drawing = Drawing()
    entered, left = drawing.block(block)
    body = "".join(drawing.parts) + chain("s", entered) + chain(left, "e")
    return process(body, process_id, extra=GO)
