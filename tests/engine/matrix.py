"""A small diagram for every row of the support matrix in `engine/README.md`, by the name of the row."""

import re

from engine.runtime.xml import SIZE

from .runtime import bpmn
from .runtime.bpmn import (
    ad_hoc,
    boundary,
    call,
    catch,
    definitions,
    diagram,
    end,
    error,
    escalation,
    event_subprocess,
    extension,
    flow,
    gateway,
    job,
    link,
    loop,
    mapping,
    message,
    node,
    on_compensation,
    on_condition,
    on_error,
    on_escalation,
    on_message,
    on_signal,
    path,
    process,
    property_list,
    script,
    signal,
    start,
    subprocess,
    terminate,
    throw,
    timer,
    undone,
    user,
    zeebe,
)


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def one(part, **options):
    """The element `x` between start and end."""
    return simple(part, path("s", "x", "e"), **options)


def task(element_id="x", *inner):
    """A user task without any extension element."""
    return node("userTask", element_id, *inner)


def attached(*triggers, root="", **options):
    """A user task `x` with boundary events, each leading to the end."""
    events = [
        boundary(f"b{n}", "x", trigger, **options) + flow(f"b{n}", "e")
        for n, trigger in enumerate(triggers)
    ]
    return one(task() + "".join(events), root=root)


def handlers(*triggers, more="", **options):
    """Event subprocesses beside a user task."""
    made = [
        event_subprocess(f"h{n}", trigger, end(f"f{n}"), path(f"h{n}_s", f"f{n}"), **options)
        for n, trigger in enumerate(triggers)
    ]
    return one(task() + "".join(made) + more, root=message() + signal() + error() + escalation())


def choosing(kind, condition="=1 > 2", default="x_e"):
    gate = gateway(kind, "x", **({"default": default} if default else {}))
    return simple(gate, task("u"), path("s", "x", "e"), flow("x", "u", condition), flow("u", "e"))


def waiting_for(*inner):
    """An event-based gateway with a message, a receive task and two timers, or with what is given."""
    targets = inner or (
        catch("m", on_message()),
        node("receiveTask", "r", messageRef="M"),
        catch("t", timer("timeDuration", "P1D")),
        catch("v", timer("timeDuration", "P2D")),
    )
    ids = [re.search(r'id="(\w+)"', target)[1] for target in targets]
    return simple(
        gateway("eventBased", "x"),
        *targets,
        path("s", "x"),
        *(path("x", id_, "e") for id_ in ids),
        root=message(),
    )


def around(inner_end, *events):
    """A subprocess `sp` that ends as given, with boundary events."""
    inside = subprocess("sp", start("i"), inner_end, path("i", "j"))
    return simple(
        inside,
        *(boundary(f"b{n}", "sp", event) + flow(f"b{n}", "e") for n, event in enumerate(events)),
        path("s", "sp", "e"),
        root=error() + escalation(),
    )


def drawn(*inside, root="", after=""):
    source = one(task() + "".join(inside), root=root)
    return source.replace(b"</definitions>", after.encode() + b"</definitions>")


HEADERS = zeebe("taskHeaders", zeebe("header", key="to", value="office"))
FULL_USER_TASK = user(
    "x",
    inputs=[("=k", "mine")],
    outputs=[("=mine", "theirs")],
    more=zeebe("assignmentDefinition", assignee="=k", candidateGroups="a, b", candidateUsers='=xs[item = ""]')
    + zeebe("formDefinition", formId="p.x")
    + zeebe("taskSchedule", dueDate="=when", followUpDate="2026-03-04T09:00:00+08:00")
    + zeebe("priorityDefinition", priority="=50 + 1")
    + HEADERS
    + property_list({"clause": "§ 3", "limit": "T-1"}),
)  # fmt: skip
HEARD = zeebe(
    "executionListeners",
    zeebe("executionListener", HEADERS, eventType="start", type="=k", retries="2"),
    zeebe("executionListener", HEADERS, eventType="end", type="tidy", retries="2"),
)
ASKED = zeebe(
    "taskListeners",
    *(zeebe("taskListener", eventType=one, type="=k", retries="2") for one in ("creating", "assigning", "updating", "completing")),
)  # fmt: skip
CALL = call("x", "other", [("=k", "key")], [("=key", "k")],
            propagateAllParentVariables="false", propagateAllChildVariables="false")  # fmt: skip
OTHER = diagram(start(), end(), path("s", "e"), id="other")
START = node(
    "startEvent",
    "s",
    extension(
        zeebe("formDefinition", formId="p.s"),
        property_list({"businessKey": "=k", "numberPrefix": "RH", "startGroups": "all_staff"}),
    ),
)
CRON = timer("timeCycle", "0 0 9-17 * * MON-FRI")
ALL_TIMERS = [timer("timeDate", "=when"), timer("timeDuration", "P1M"), timer("timeCycle", "R3/PT4H")]  # fmt: skip
EACH = loop(
    condition="=numberOfCompletedInstances = 1",
    **bpmn.OVER_XS,
)
DATA = (
    '<dataObject id="do"/><dataObjectReference id="dr" dataObjectRef="do"/><dataStoreReference id="ds"/>'
    '<textAnnotation id="ta"><text>hm</text></textAnnotation><association id="as" sourceRef="x" targetRef="ta"/>'
    '<group id="gr"/>'
)
POOLS = (
    '<collaboration id="co"><participant id="pp" processRef="p"/><participant id="pq" processRef="q"/>'
    '<messageFlow id="mf" sourceRef="pp" targetRef="pq"/></collaboration>'
    '<process id="q" isExecutable="false"><complexGateway id="cg"/></process>'
)
SHAPES = (
    '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"/>'
    '<note xmlns="urn:other">hm</note>'
)

RUNS = {
    "any element": one(
        node("task", "x", extension(mapping([("=k", "a")], [("=a", "b")]), property_list({"clause": "3"})))
    ),
    "none start event": diagram(START, end(), path("s", "e")),
    "none end event, none intermediate throw event": one(throw("x")),
    "user task": one(FULL_USER_TASK),
    "service task": one(job("x", inputs=[("=k", "a")], outputs=[("=a", "b")], more=HEADERS)),
    "execution listeners of an element": one(job("x", more=HEARD)),
    "task listeners of a user task": one(
        user("x", more=zeebe("assignmentDefinition", assignee="ann") + ASKED)
    ),
    "send task": one(job("x", kind="sendTask", more=HEADERS)),
    "business rule task": one(bpmn.decision("x", "d", "r")),
    "script task (FEEL)": one(script("x", "=1 + 1", "r")),
    "form embedded in the process": one(
        user("x", more=zeebe("formDefinition", formKey="camunda-forms:bpmn:f")),
        head=zeebe("userTaskForm", '{"type": "default", "id": "f", "components": []}', id="f"),
    ),
    "form that another application shows": one(
        user("x", more=zeebe("formDefinition", externalReference='="hr/" + k'))
    ),
    "script or business rule task as a job": one(job("x", kind="scriptTask")),
    "receive task": one(node("receiveTask", "x", messageRef="M"), root=message()),
    "manual task, task without a type": simple(
        node("manualTask", "x"), node("task", "y"), path("s", "x", "y", "e")
    ),
    "call activity": one(CALL),
    "embedded subprocess": one(
        subprocess("x", start("i"), task("u"), end("j"), path("i", "u", "j"), inputs=[("=k", "a")])
    ),
    "ad-hoc subprocess": one(
        ad_hoc("x", task("y"), task("z"), path("y", "z"), condition="=k = 2", activeElementsCollection='=["y"]',
               outputCollection="all", outputElement="=k", cancels=False)
    ),
    "ad-hoc subprocess that a job worker directs": one(
        ad_hoc("x", task("y"), more=zeebe("taskDefinition", type="t", retries="2"), outputCollection="all", outputElement="=k")
    ),
    "event subprocess: message, signal, timer, condition, error, escalation": handlers(
        on_message(), on_signal(), ALL_TIMERS[1], on_condition("=k = 2"), on_error(), on_escalation(), interrupting=True
    ),
    "event subprocess that does not interrupt: message, signal, timer, condition, escalation": handlers(
        on_message(), on_signal(), ALL_TIMERS[2], on_condition("=k = 2"), on_escalation()
    ),
    "multi-instance activity, parallel": one(task("x", EACH)),
    "multi-instance activity, sequential": one(task("x", loop(sequential=True, **bpmn.OVER_XS))),
    "multi-instance with `loopCardinality`": one(task("x", loop(cardinality="=2"))),
    "exclusive gateway": choosing("exclusive"),
    "inclusive gateway": choosing("inclusive"),
    "parallel gateway": simple(
        gateway("parallel", "x"), task("u"), task("v"), gateway("parallel", "y"),
        path("s", "x", "u", "y", "e"), path("x", "v", "y"),
    ),
    "event-based gateway": waiting_for(),
    "condition on a sequence flow that leaves an activity": simple(
        node("task", "x", default="x_e"), task("u"), path("s", "x", "e"), flow("x", "u", '=k = "1"'), flow("u", "e")
    ),
    "message catch event, intermediate and boundary": one(
        node("subProcess", "x", start("i"), catch("c", on_message()), end("j"), path("i", "c", "j"))
        + boundary("b", "x", on_message(), interrupting=False) + flow("b", "e"), root=message()
    ),
    "message throw event, intermediate and end": diagram(
        start(), job("x", on_message(), kind="intermediateThrowEvent"), job("y", on_message(), kind="endEvent"),
        path("s", "x", "y"), root='<message id="M" name="go"/>',
    ),
    "timer catch event: date, duration, cycle, cron": attached(*ALL_TIMERS, CRON, interrupting=False),
    "signal catch event, intermediate and boundary": one(
        node("subProcess", "x", start("i"), catch("c", on_signal()), end("j"), path("i", "c", "j"))
        + boundary("b", "x", on_signal(), interrupting=False) + flow("b", "e"), root=signal()
    ),
    "signal throw event, intermediate and end": diagram(
        start(), node("intermediateThrowEvent", "x", extension(mapping([("=k", "a")])), on_signal()), end("y", on_signal()),
        path("s", "x", "y"), root=signal(),
    ),
    "conditional catch event, intermediate and boundary": one(
        node("subProcess", "x", start("i"), catch("c", on_condition("=k = 2")), end("j"), path("i", "c", "j"))
        + boundary("b", "x", on_condition("=k = 2", variableNames="k", variableEvents="create, update")) + flow("b", "e")
    ),
    "link events": simple(throw("x", link()), catch("y", link()), path("s", "x"), path("y", "e")),
    "message start event of a process": simple(
        start("m", on_message()), task(), path("s", "x", "e"), path("m", "x"), root=message(key="")
    ),
    "signal start event of a process": simple(
        start("m", on_signal()), task(), path("s", "x", "e"), path("m", "x"), root=signal()
    ),
    "conditional start event of a process": simple(
        start("m", on_condition("=k")), task(), path("s", "x", "e"), path("m", "x")
    ),
    "timer start event of a process: date, duration, cycle, cron": simple(
        *(start(f"m{n}", at) + path(f"m{n}", "x") for n, at in enumerate((*ALL_TIMERS[1:], CRON))), task(), path("s", "x", "e"),
        properties={"startSites": "north"},
    ),
    "`bindingType` deployment of a called process": one(call("x", "other", bindingType="deployment")),
    "`bindingType` versionTag of a form": one(
        user("x", more=zeebe("formDefinition", formId="f", bindingType="versionTag", versionTag="1"))
    ),
    "`bindingType` versionTag of a decision": one(node("businessRuleTask", "x", extension(
        zeebe("calledDecision", decisionId="d", resultVariable="r", bindingType="versionTag", versionTag="1")
    ))),
    "`bindingType` versionTag of a called process": one(
        call("x", "other", bindingType="versionTag", versionTag="1")
    ),
    "version tag of a process": diagram(
        start(), end(), path("s", "e"), head=zeebe("versionTag", value="1")
    ),
    "error end event, error boundary event": around(end("j", on_error()), on_error(), on_error("")),
    "escalation throw and end event, escalation boundary event": around(
        end("j", on_escalation()), on_escalation()
    ),
    "compensation throw and end event, compensation boundary event and its handler": diagram(
        start(), task(), undone("x", task("undo_x")), throw("y", on_compensation("x")), end("e", on_compensation()),
        path("s", "x", "y", "e"),
    ),
    "terminate end event": diagram(start(), end("x", terminate()), path("s", "x")),
    "process": one(task(), properties={"summary": "=[k]"}),
    "several executable processes in one file": definitions(
        process(start(), end(), path("s", "e")),
        process(start("s2"), end("e2"), path("s2", "e2"), id="q"),
    ),
}  # fmt: skip

DRAWN = {
    "lanes": drawn('<laneSet id="l"><lane id="l1"><flowNodeRef>x</flowNodeRef></lane></laneSet>'),
    "pools, message flows, processes that are not executable": drawn(root=POOLS),
    "data objects and stores, annotations, associations, groups": drawn(DATA),
    "layout, and elements of other namespaces": drawn(after=SHAPES),
    "further none start event of a process": simple(
        start("s2"), task(), path("s", "x", "e"), flow("s2", "e")
    ),
    "number of the file that the Web Modeler keeps at its root": one(task()).replace(
        b"<definitions ",
        b'<definitions xmlns:c="http://camunda.org/schema/1.0/bpmn" c:diagramRelationId="1" ',
    ),
    "`bindingType` latest and deployment of a form or decision": one(
        user("x", more=zeebe("formDefinition", formId="f", bindingType="deployment"))
    ),
}  # fmt: skip

CAMUNDA_7 = {"xmlns:c": "http://camunda.org/schema/1.0/bpmn", "c:assignee": "a"}
REFUSED = {
    "transaction subprocess": one(node("transaction", "x")),
    "ad-hoc subprocess with a list or condition beside its task definition": one(
        ad_hoc("x", task("y"), more=zeebe("taskDefinition", type="t"), condition="=k = 2")
    ),
    "ad-hoc subprocess with a start event, an end event or an event subprocess": one(
        ad_hoc("x", task("y"), start("z"))
    ),
    "ad-hoc subprocess without an activity": one(ad_hoc("x", throw("y"))),
    "ad-hoc subprocess whose elements follow one another": one(
        ad_hoc("x", task("y")).replace(' id="x"', ' id="x" ordering="Sequential"')
    ),
    "complex gateway": one(gateway("complex", "x")),
    "standard loop": one(user("x", "<standardLoopCharacteristics/>")),
    "compensation event without a handler": one(
        task() + boundary("b", "x", on_compensation())
    ),
    "compensation event that does not wait": one(
        throw("x", on_compensation(waitForCompletion="false"))
    ),
    "sequence flow to or from a compensation handler": one(
        task() + undone("x", task("undo_x")) + flow("undo_x", "e")
    ),
    "boundary event at a compensation handler": one(
        task() + undone("x", task("undo_x")) + boundary("b", "undo_x", on_error()), root=error()
    ),
    "two compensation handlers of an activity": one(
        task() + undone("x", task("undo_x")) + node("association", "y", sourceRef="c_x", targetRef="z")
        + task("z").replace(' id="z"', ' id="z" isForCompensation="true"')
    ),
    "compensation of an activity that is not there": one(throw("x", on_compensation("gone"))),
    "compensation of an activity that lies in another scope": one(
        subprocess("x", start("i"), task("y"), undone("y", task("undo_y")), end("j"), path("i", "y", "j"))
        + throw("t", on_compensation("y")) + path("x", "t", "e")
    ),
    "compensation of an activity without a handler": simple(
        task(), throw("t", on_compensation("x")), path("s", "x", "t", "e")
    ),
    "event subprocess that compensation starts": handlers(on_compensation()),
    "cancel event": simple(end("x", "<cancelEventDefinition/>"), path("s", "x")),
    "link that nothing catches": simple(throw("x", link()), path("s", "x")),
    "link that two events catch": simple(
        throw("x", link()), catch("y", link()), catch("z", link()), path("s", "x"), path("y", "e"), path("z", "e")
    ),
    "sequence flow from a link that throws": simple(
        throw("x", link()), catch("y", link()), path("s", "x", "e"), path("y", "e")
    ),
    "sequence flow to a link that catches": simple(
        throw("x", link()), catch("y", link()), path("s", "x"), path("s", "y", "e")
    ),
    "signal without a name": one(throw("x", "<signalEventDefinition/>")),
    "event with several definitions": one(
        catch("x", on_message(), timer("timeDuration", "PT1H")), root=message()
    ),
    "gateway or receive task that instantiates": one(
        node("receiveTask", "x", messageRef="M", instantiate="true"), root=message()
    ),
    "human performer, potential owner": one(user("x", "<potentialOwner/>")),
    "Camunda 7 attributes and elements": one(node("userTask", "x", **CAMUNDA_7)),
    "embedded form that the process does not hold": one(
        user("x", more=zeebe("formDefinition", formKey="camunda-forms:bpmn:f"))
    ),
    "output mapping without a source": one(job("x", outputs=[("", "a")])),
    "any other `zeebe:` element": one(user("x", more=zeebe("linkedResources"))),
    "task listener on anything but a user task": one(job("x", more=ASKED)),
    "task listener of the canceling event": one(
        user("x", more=ASKED.replace("creating", "canceling"))
    ),
    "task listener at a step that may be done without anybody": one(
        user("x", more=ASKED + property_list({"emptyApprovers": "skip"}))
    ),
    "execution listener of a process": one(user("x"), head=HEARD),
    "execution listener that nothing calls": one(node("parallelGateway", "x", extension(HEARD))),
    "task definition on an event that catches or a gateway": one(
        node("exclusiveGateway", "x", extension(zeebe("taskDefinition", type="t")))
    ),
    "`bindingType` that is unknown": one(
        user("x", more=zeebe("formDefinition", formId="f", bindingType="newest"))
    ),
    "`bindingType` versionTag without a tag": one(
        user("x", more=zeebe("formDefinition", formId="f", bindingType="versionTag"))
    ),
    "`bindingType` versionTag of a form whose id or tag is computed": one(
        user("x", more=zeebe("formDefinition", formId="=k", bindingType="versionTag", versionTag="1"))
    ),
    "two versions of one form in a process": simple(
        user("x", more=zeebe("formDefinition", formId="f", bindingType="versionTag", versionTag="1")),
        user("y", more=zeebe("formDefinition", formId="f")), path("s", "x", "y", "e"),
    ),
    "task definition on an event that throws anything but a message": one(
        job("x", on_signal(), kind="intermediateThrowEvent"), root=signal()
    ),
    "intermediate catch event without a trigger": one(node("intermediateCatchEvent", "x")),
    "error or escalation as an intermediate catch event": one(catch("x", on_error()), root=error()),
    "error as an intermediate throw event": one(throw("x", on_error()), root=error()),
    "error event that does not interrupt": attached(on_error(), root=error(), interrupting=False),
    "start event with a trigger in an embedded subprocess": one(
        subprocess("x", start("i", timer("timeDuration", "PT1H")), end("j"), path("i", "j"))
    ),
    "event subprocess without a trigger": handlers(""),
    "sequence flow or loop at an event subprocess": handlers(
        on_error(), more=flow("x", "h0"), interrupting=True
    ),
    "condition on a flow that is always taken": choosing("parallel", default=None),
    "gateway flow without a condition that is not the default": choosing("exclusive", None),
    "default flow that does not leave the element": one(node("task", "x", default="s_x")),
    "event-based gateway before anything else": waiting_for(user("u")),
    "boundary event at anything but an activity": one(
        gateway("parallel", "x") + boundary("b", "x", on_error()) + flow("b", "e"), root=error()
    ),
    "subprocess without exactly one start event": one(subprocess("x", end("j"))),
    "process without a start event": diagram(end()),
    "sequence flow to a start or boundary event": simple(user("x"), path("s", "x", "s")),
    "sequence flow from an end event": simple(user("x"), path("s", "e", "x")),
    "gateway that nothing follows": simple(gateway("exclusive", "x"), path("s", "x")),
    "sequence flow across the border of a subprocess": one(
        subprocess("x", start("i"), end("j"), path("i", "j")) + flow("s", "j")
    ),
    "service task without a type": one(node("serviceTask", "x")),
    "message catch event without a correlation key": one(
        catch("x", on_message()), root=message(key="")
    ),
    "reference to a message, error or escalation that is not there": one(
        catch("x", on_message("nowhere"))
    ),
    "expression that is not FEEL": one(script("x", "=if k then", "r")),
    "`distinctFrom` that names no step": one(user("x", more=property_list({"distinctFrom": "gone"}))),
    "`cancelable` that says neither until when nor how long": one(
        user("x"), properties={"cancelable": "starter within a day"}
    ),
    "`hiddenFrom` that is no expression": one(user("x"), properties={"hiddenFrom": "assistant"}),
    "plain text where an expression is needed": choosing("exclusive", "k > 1"),
    "timer that is neither ISO 8601 nor cron": attached(timer("timeCycle", "0 0 9 1 1 1")),
    "more than 500 instances": one(user("x", loop(cardinality="501"))),
    "loop of automatic steps without a way out": simple(
        script("x", "=1", "r"), gateway("exclusive", "m"), path("s", "m", "x", "m")
    ),
    "processes of a file that call each other in a circle": one(call("x", "p")),
    "more than 500 elements": simple(*map(user, [f"u{n}" for n in range(501)])),
    "more than 400 elements in a row": simple(
        *map(user, [f"u{n}" for n in range(401)]), path("s", *[f"u{n}" for n in range(401)], "e")
    ),
    "the same id twice": simple(user("x"), path("s", "x", "e"), flow("s", "e", id="x")),
    "id that is no name": simple(user("1x"), flow("s", "1x"), flow("1x", "e", id="f")),
    "file without an executable process": definitions(process(start(), executable=False)),
    "XML that is not BPMN": b"<html/>",
    "XML that is not well-formed": b"<a><b></a>",
    "other encoding than UTF-8": b"<a>\xff</a>",
    "document type declaration": b'<!DOCTYPE a [<!ENTITY x "ha">]><a>&x;</a>',
    "processing instruction": b'<?xml-stylesheet href="x"?><a/>',
    "file over 1 MB": b"<a>" + b"x" * SIZE + b"</a>",
    "XML nested too deep": b"<a>" * 100 + b"</a>" * 100,
    "XML element with too many attributes": b"<a " + b" ".join(b'a%d="1"' % n for n in range(99)) + b"/>",
}  # fmt: skip

WARNED = {
    "element that no start event leads to": simple(task(), task("y"), path("s", "x", "e")),
    "user task with a task definition": one(job("x", kind="userTask")),
    "Camunda 7 attributes beside elements of Camunda 8": one(user("x", **CAMUNDA_7)),
}
DIAGRAMS = {"supported": RUNS, "drawn only": DRAWN, "refused": REFUSED, "warned": WARNED}
