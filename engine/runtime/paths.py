"""What can follow what: unreachable elements, circles of calls, loops that never wait, and too long sequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.runtime.finding import Finding

if TYPE_CHECKING:
    from engine.runtime.diagram import Diagram, Element

WAITING = {
    "userTask",
    "receiveTask",
    "intermediateCatchEvent",
    "eventBasedGateway",
    "callActivity",
    "subProcess",
    "adHocSubProcess",
}
Graph = Mapping[str, Iterable[str]]


def check(diagram: Diagram, longest: int) -> list[Finding]:
    """All findings about the paths of the diagram."""
    graph = successors(diagram)
    return [
        *_unreachable(diagram, graph),
        *_endless(diagram, graph),
        *_calls(diagram),
        *_too_long(diagram, graph, longest),
    ]


def successors(diagram: Diagram) -> dict[str, list[str]]:
    """To each element the elements a token goes to next; boundary events follow their hosts, links what throws them."""
    graph: dict[str, list[str]] = {}
    for element in diagram.elements.values():
        following = [diagram.flows[id_].target for id_ in element.outgoing]
        following += [*element.boundary, *element.links, *element.handlers]
        graph[element.id] = following + _starts(diagram, element)
    return graph


def _starts(diagram: Diagram, element: Element) -> list[str]:
    if element.type == "adHocSubProcess":
        return [e.id for e in diagram.activatable(element.id)]
    return [e.id for e in diagram.inside(element.id) if e.type == "startEvent"]


def _unreachable(diagram: Diagram, graph: Graph) -> Iterator[Finding]:
    starts = [
        e.id
        for e in diagram.elements.values()
        if e.type == "startEvent" and e.scope == e.process_id
    ]
    starts += [e.id for e in diagram.elements.values() if e.event_subprocess]
    reached = closure(graph, starts)
    for element in diagram.elements.values():
        if element.id not in reached:
            yield Finding("warning", "unreachable", element.id, element.line)


def closure(graph: Graph, starts: Iterable[str]) -> set[str]:
    """Everything that can be reached from these, themselves included."""
    reached: set[str] = set()
    ahead = list(starts)
    while ahead:
        current = ahead.pop()
        if current not in reached:
            reached.add(current)
            ahead += graph.get(current, ())
    return reached


def waits(element: Element) -> bool:
    """Whether a token may stay at the element: for a person, a job, a message, a time, or something inside it."""
    is_link = element.trigger is not None and element.trigger.kind == "link"
    return not is_link and (element.type in WAITING or "taskDefinition" in element.extensions)


def _endless(diagram: Diagram, graph: Graph) -> Iterator[Finding]:
    """Loops of automatic elements from which no gateway leads out: once in, a token never leaves."""
    automatic = {id_: graph[id_] for id_, element in diagram.elements.items() if not waits(element)}
    inner = {id_: [n for n in following if n in automatic] for id_, following in automatic.items()}
    for group in components(inner):
        circular = len(group) > 1 or group[0] in inner[group[0]]
        if circular and not any(_leads_out(diagram, id_, set(group)) for id_ in group):
            first = diagram.elements[group[0]]
            yield Finding(
                "error", "endless_loop", first.id, first.line, {"loop": ", ".join(sorted(group))}
            )


def _leads_out(diagram: Diagram, element_id: str, group: set[str]) -> bool:
    element = diagram.elements[element_id]
    flows = [diagram.flows[id_] for id_ in element.outgoing]
    return any(flow.target not in group for flow in flows) and any(flow.condition for flow in flows)


def _calls(diagram: Diagram) -> Iterator[Finding]:
    graph: dict[str, list[str]] = {process_id: [] for process_id in diagram.processes}
    for element in diagram.elements.values():
        called = element.extension("calledElement").get("processId", "")
        if called in graph:
            graph[element.process_id].append(called)
    for group in components(graph):
        if len(group) > 1 or group[0] in graph[group[0]]:
            process = diagram.content[group[0]]
            yield Finding(
                "error", "call_cycle", process.id, process.line, {"cycle": ", ".join(sorted(group))}
            )


def _too_long(diagram: Diagram, graph: Graph, longest: int) -> Iterator[Finding]:
    """The longest path, each circle counted once with all its elements."""
    depth: dict[str, int] = {}
    for group in components(graph):
        members = set(group)
        behind = max((depth[n] for id_ in group for n in graph[id_] if n not in members), default=0)
        depth |= dict.fromkeys(group, behind + len(group))
    if depth and max(depth.values()) > longest:
        first = diagram.elements[max(depth, key=depth.__getitem__)]
        yield Finding("error", "path_length", first.id, first.line, {"limit": str(longest)})


def components(graph: Graph) -> list[list[str]]:
    """The strongly connected components, each after those it leads to (Tarjan's algorithm, without recursion)."""
    return _Tarjan(graph).run()


class _Tarjan:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.number: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.stack: list[str] = []
        self.found: list[list[str]] = []

    def run(self) -> list[list[str]]:
        for node in self.graph:
            if node not in self.number:
                self._visit(node)
        return self.found

    def _visit(self, start: str) -> None:
        work = [(start, iter(self._enter(start)))]
        while work:
            node, following = work[-1]
            for other in following:
                if other not in self.number:
                    work.append((other, iter(self._enter(other))))
                    break
                if other in self.stack:
                    self.low[node] = min(self.low[node], self.number[other])
            else:
                work.pop()
                self._close(node)
                if work:
                    self.low[work[-1][0]] = min(self.low[work[-1][0]], self.low[node])

    def _enter(self, node: str) -> Iterable[str]:
        self.number[node] = self.low[node] = len(self.number)
        self.stack.append(node)
        return self.graph.get(node, ())

    def _close(self, node: str) -> None:
        if self.low[node] == self.number[node]:
            index = self.stack.index(node)
            self.found.append(self.stack[index:])
            del self.stack[index:]
