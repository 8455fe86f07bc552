"""Trying mutants: the changed diagram is deployed, and the scenarios of its family run until one of them notices."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine import demo
from engine.deployment import deployments, library, scenarios
from engine.engine import Engine
from engine.errors import EngineError, InvalidDiagram
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.databases import SECRET, Databases, connect
from tests.mutations.mutants import Mutant

CAUGHT, REFUSED, SURVIVED = "caught", "refused", "survived"
# A busy machine lets expressions run out of their time: that is no verdict.
STARVED, ATTEMPTS = "it took longer than", 4
Case = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant: caught by a case, refused by the gate, or survived them all."""

    family: str
    kind: str
    name: str
    fate: str
    by: str = ""
    cases: int = 0


@cache
def shipped(family: str) -> dict[str, bytes]:
    """Give a family's files as they were when they were first asked for."""
    return library.files(family)


class Bench:
    """A folder with a prepared database, copied for every case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.databases = Databases(folder)
        self.sound: set[tuple[str, str, str]] = set()

    def attempt(self, mutant: Mutant) -> Verdict:
        """Run the cases that come near the change, the shortest first, until one of them fails."""
        cases = _near(mutant)
        fate, by = SURVIVED, ""
        for case in cases:
            try:
                by = self._noticed(mutant, case)
            except InvalidDiagram as error:
                fate, by = REFUSED, error.findings[0].message
                break
            if by:
                fate = CAUGHT
                break
        return Verdict(
            family=mutant.family, kind=mutant.kind, name=mutant.name, fate=fate, by=by, cases=len(cases)
        )  # fmt: skip

    def _noticed(self, mutant: Mutant, case: Case) -> str:
        """Give the name of the case if it fails with the change. Raises InvalidDiagram when that cannot be deployed."""
        for _ in range(ATTEMPTS):
            fault = self._fault(mutant, case)
            if STARVED not in fault:
                break
        return str(case["name"]) if fault else ""

    def _fault(self, mutant: Mutant, case: Case) -> str:
        """Say why the case fails with the change, nothing when it holds."""
        clock = Clock()
        with self._engine(clock) as engine:
            try:
                with engine.begin(SYSTEM) as command:
                    # The diagram alone: its forms and decisions are the latest there are, those of the family.
                    deployments.deploy(command, {mutant.file: mutant.content}, family=mutant.family)
                return "" if _holds(engine, clock, case) else "it does not visit what it claims to"
            except InvalidDiagram as error:
                if any(STARVED in finding.message for finding in error.findings):
                    return STARVED
                raise
            except EngineError as error:
                return str(error)

    @contextmanager
    def _engine(self, clock: Clock) -> Iterator[Engine]:
        url = self.databases.copy("demo", _fill, clock)
        bind = connect(url)
        try:
            yield Engine(bind, home=self.folder / "home", secret=SECRET, clock=clock)
        finally:
            bind.dispose()
            for left in self.folder.glob(f"{url.rsplit('/', 1)[1]}*"):
                left.unlink()


def _fill(engine: Engine) -> None:
    library.deploy_shipped(engine)
    demo.load(engine)


def _holds(engine: Engine, clock: Clock, case: Case) -> bool:
    """Whether a case passes and visits what it claims to."""
    coverage = scenarios.run(engine, clock, case)
    claims = case["metadata"]
    elements = {node["flowNodeId"] for node in claims["coveredFlowNodes"]}
    return elements <= {one for _, one in coverage.elements} and set(
        claims["coveredSequenceFlows"]
    ) <= {one for _, one in coverage.flows}


def _near(mutant: Mutant) -> list[Case]:
    """Give the cases that visit what the change is about, the most telling first."""
    found = [
        case
        for name, content in shipped(mutant.family).items()
        if name.startswith("scenarios/")
        for case in json.loads(content)["testCases"]
        if mutant.near & _visits(case)
    ]
    return sorted(found, key=lambda case: (mutant.element not in _visits(case), _length(case)))


def _visits(case: Case) -> set[str]:
    claims = case["metadata"]
    nodes = {node["flowNodeId"] for node in claims["coveredFlowNodes"]}
    return nodes | set(claims["coveredSequenceFlows"])


def _length(case: Case) -> int:
    return len(case["instructions"])
