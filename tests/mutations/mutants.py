"""Small wrongs done to a diagram: a condition negated, a candidate group swapped, a boundary event removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
NAMES = {"bpmn": BPMN, "zeebe": ZEEBE}
ELSEWHERE = "training_officer"  # but one step asks for it
NOT_EVEN = "environment_supervisor"
GROUPS = "candidateGroups"
Node = etree._Element


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A changed diagram; `near` are the ids a case must visit to have a chance of noticing."""

    family: str
    file: str
    kind: str
    element: str
    change: str
    near: frozenset[str]
    content: bytes

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{self.file.removesuffix('.bpmn')} {self.element}: {self.change}"


def all_of(family: str, files: Mapping[str, bytes]) -> Iterator[Mutant]:
    """Give every mutant of a family's diagrams, in the order of the files."""
    for file in sorted(files):
        if file.endswith(".bpmn"):
            for kind, find in KINDS.items():
                yield from _of_kind(family, file, files[file], kind, find)


@dataclass(frozen=True)
class _Wrong:
    element: str
    change: str
    near: frozenset[str]
    do: Callable[[], object]


def _of_kind(
    family: str, file: str, content: bytes, kind: str, find: Callable[[Node], list[_Wrong]]
) -> Iterator[Mutant]:
    for number in range(len(find(etree.fromstring(content)))):
        tree = etree.fromstring(content)
        wrong = find(tree)[number]
        wrong.do()
        yield Mutant(
            family=family,
            file=file,
            kind=kind,
            element=wrong.element,
            change=wrong.change,
            near=wrong.near,
            content=etree.tostring(tree, xml_declaration=True, encoding="UTF-8"),
        )


def _conditions(tree: Node) -> list[_Wrong]:
    """Every condition of a sequence flow or a conditional event means the opposite."""
    found = list(tree.iterfind(".//bpmn:conditionExpression", NAMES))
    found += list(tree.iterfind(".//bpmn:conditionalEventDefinition/bpmn:condition", NAMES))
    return [_negated(node) for node in found]


def _negated(node: Node) -> _Wrong:
    text = (node.text or "").strip()
    owner = _owner(node)
    near = {owner.get("sourceRef") or owner.get("id", "")}

    def negate() -> None:
        node.text = f"=({text.removeprefix('=')}) != true"

    return _Wrong(
        owner.get("id", ""), f"not {text.removeprefix('=')[:80]}", frozenset(near), negate
    )


def _owner(node: Node) -> Node:
    """Give the flow or event that a condition belongs to."""
    parent = node.getparent()
    assert parent is not None
    if parent.tag.endswith("EventDefinition"):
        event = parent.getparent()
        assert event is not None
        return event
    return parent


def _groups(tree: Node) -> list[_Wrong]:
    """Every candidate group is somebody else."""
    wrongs: list[_Wrong] = []
    for node in tree.iterfind(f".//zeebe:assignmentDefinition[@{GROUPS}]", NAMES):
        text = node.get(GROUPS, "")
        groups = [text] if text.startswith("=") else [one.strip() for one in text.split(",")]
        task = next(one for one in node.iterancestors() if one.get("id"))
        wrongs += [
            _swapped(node, task.get("id", ""), groups, place) for place in range(len(groups))
        ]
    return wrongs


def _swapped(node: Node, task: str, groups: list[str], place: int) -> _Wrong:
    before = groups[place]
    role = NOT_EVEN if before == ELSEWHERE else ELSEWHERE

    def swap() -> None:
        other = f'=["{role}"]' if before.startswith("=") else role
        node.set(GROUPS, ",".join([*groups[:place], other, *groups[place + 1 :]]))

    return _Wrong(task, f"{before} is {role}", frozenset({task}), swap)


def _boundaries(tree: Node) -> list[_Wrong]:
    """Every boundary event is gone, and the flows that leave it."""
    return [_removed(tree, event) for event in tree.iterfind(".//bpmn:boundaryEvent", NAMES)]


def _removed(tree: Node, event: Node) -> _Wrong:
    own, host = event.get("id", ""), event.get("attachedToRef", "")

    def remove() -> None:
        flows = tree.xpath("//bpmn:sequenceFlow[@sourceRef=$own]", namespaces=NAMES, own=own)
        gone = {flow.get("id") for flow in flows} | {own}
        shown = tree.xpath("//*[@bpmnElement]")
        arrivals = [one for one in tree.iterfind(".//bpmn:incoming", NAMES) if one.text in gone]
        drawn = [one for one in shown if one.get("bpmnElement") in gone]
        for node in [*flows, *arrivals, *drawn, event]:
            node.getparent().remove(node)

    return _Wrong(own, f"removed from {host}", frozenset({host}), remove)


KINDS: dict[str, Callable[[Node], list[_Wrong]]] = {
    "condition negated": _conditions,
    "candidate group swapped": _groups,
    "boundary event removed": _boundaries,
}
