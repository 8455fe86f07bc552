"""Random block-structured diagrams always finish, and saving them at every wait changes nothing."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.runtime import check

from .bpmn import (
    boundary,
    diagram,
    end,
    escalation,
    flow,
    gateway,
    job,
    loop,
    on_escalation,
    path,
    script,
    start,
    throw,
    timer,
    user,
)
from .bpmn import subprocess as embedded
from .world import World

STEP = st.sampled_from(["user", "job", "script", "deadline"])
KIND = st.sampled_from(
    ["sequence", "parallel", "inclusive", "exclusive", "subprocess", "loop", "each", "thrown"]
)
BLOCK = st.recursive(
    STEP, lambda inner: st.tuples(KIND, st.lists(inner, min_size=1, max_size=3)), max_leaves=7
)


@dataclass
class Drawing:
    """Draws blocks; each method returns where the block is entered and left."""

    parts: list[str] = field(default_factory=list)
    drawn: int = 0

    def name(self, prefix):
        self.drawn += 1
        return f"{prefix}{self.drawn}"

    def add(self, *parts):
        self.parts += parts

    def block(self, block):
        if isinstance(block, str):
            return self.step(block)
        kind, inner = block
        return getattr(self, kind)(inner)

    def step(self, kind):
        id_ = self.name("t")
        make = {"user": user, "job": job, "deadline": user}
        self.add(script(id_, "=1", f"v{id_}") if kind == "script" else make[kind](id_))
        if kind == "deadline":
            late, over = self.name("late"), self.name("over")
            self.add(
                boundary(late, id_, timer("timeDuration", "PT1H"), interrupting=self.drawn % 2 == 0)
            )
            self.add(end(over), path(late, over))
        return id_, id_

    def sequence(self, inner):
        ends = [self.block(block) for block in inner]
        for (_, left), (entered, _) in pairwise(ends):
            self.add(path(left, entered))
        return ends[0][0], ends[-1][1]

    def split(self, kind, inner, conditions):
        fork, join = self.name("g"), self.name("g")
        default = f"{fork}_default"
        self.add(
            gateway(kind, fork, **({"default": default} if conditions else {})), gateway(kind, join)
        )
        for index, block in enumerate(inner):
            entered, left = self.block(block)
            last = index == len(inner) - 1
            condition = None if last or not conditions else conditions[index % len(conditions)]
            self.add(
                flow(fork, entered, condition, id=default if conditions and last else None),
                path(left, join),
            )
        return fork, join

    def parallel(self, inner):
        return self.split("parallel", inner, None)

    def exclusive(self, inner):
        return self.split("exclusive", inner, ["=n > 1", "=n > 0"])

    def inclusive(self, inner):
        return self.split("inclusive", inner, ["=n > 0", "=n > 1"])

    def inside(self, inner, *more, extra=()):
        id_, begin, finish = self.name("sp"), self.name("s"), self.name("e")
        drawing = Drawing(drawn=self.drawn)
        entered, left = drawing.sequence(inner)
        self.drawn = drawing.drawn
        self.add(
            embedded(
                id_,
                *more,
                start(begin),
                end(finish),
                *drawing.parts,
                path(begin, entered),
                *extra,
                path(left, finish),
            )
        )
        return id_

    def subprocess(self, inner):
        id_ = self.inside(inner)
        return id_, id_

    def each(self, inner):
        id_ = self.inside(
            inner, loop(sequential=self.drawn % 2 == 0, inputCollection="=[1,2]", inputElement="n")
        )
        return id_, id_

    def loop(self, inner):
        merge, fork, count = self.name("g"), self.name("g"), self.name("count")
        entered, left = self.sequence(inner)
        self.add(gateway("exclusive", merge), gateway("exclusive", fork, default=f"{fork}_out"))
        self.add(script(count, f"=(if {count} = null then 0 else {count}) + 1", count))
        self.add(path(merge, entered), path(left, count, fork), flow(fork, merge, f"={count} < 2"))
        after = self.name("g")
        self.add(gateway("exclusive", after), flow(fork, after, id=f"{fork}_out"))
        return merge, after

    def thrown(self, inner):
        thrower = self.name("x")
        id_ = self.inside(inner, throw(thrower, on_escalation()))
        caught, over = self.name("b"), self.name("over")
        self.add(
            boundary(caught, id_, on_escalation(), interrupting=False),
            end(over),
            path(caught, over),
        )
        return id_, id_


def drawn(block):
    drawing = Drawing()
    entered, left = drawing.block(block)
    return diagram(
        start(), end(), *drawing.parts, path("s", entered), path(left, "e"), root=escalation()
    )


def run(source, reload, picks):
    w = World(source, reload=reload).start(n=picks % 3)
    for turn in range(500):
        if not w.waiting:
            return w
        if (picks + turn) % 5 == 0:
            w.pass_time(minutes=30)
        elements = w.waiting
        if elements:
            w.complete(elements[(picks * 7 + turn) % len(elements)])
    return w


@settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(block=BLOCK, picks=st.integers(0, 50))
def test_a_random_diagram_finishes_and_does_not_notice_being_saved(block, picks):
    source = drawn(block)
    assert [f for f in check(source) if f.severity == "error"] == []
    kept, reloaded = run(source, False, picks), run(source, True, picks)
    assert kept.incidents == []
    assert kept.done
    assert kept.happened == reloaded.happened
    activated = [e.key for e in kept.of("ElementActivated")]
    assert sorted(activated) == sorted(
        e.key for e in kept.of("ElementCompleted") + kept.of("ElementTerminated")
    )
