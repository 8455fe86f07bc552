"""A small builder of BPMN diagrams: every function returns XML text, `diagram` puts it together."""

# ruff: noqa: A002 - `id` is what BPMN calls it

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'targetNamespace="test">'
)


def diagram(*parts, id="p", root="", name="Test", properties=None, head=""):
    inside = process(*parts, id=id, name=name, properties=properties, head=head)
    return definitions(root, inside)


def definitions(*parts):
    return "\n".join([HEAD, *parts, "</definitions>"]).encode()


def process(*parts, id="p", name="Test", executable=True, properties=None, head=""):
    head += property_list(properties) if properties else ""
    head = extension(head) if head else ""
    executable = "true" if executable else "false"
    return f'<process id="{id}" name="{name}" isExecutable="{executable}">{head}{lines(parts)}</process>'


def lines(parts):
    return "\n".join(["", *parts, ""])


def node(kind, id, *inner, **attributes):
    text = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items())
    return f'<{kind} id="{id}"{text}>{"".join(inner)}</{kind}>'


def start(id="s", *inner):
    return node("startEvent", id, *inner)


def end(id="e", *inner):
    return node("endEvent", id, *inner)


def flow(source, target, condition=None, id=None):
    key = id or f"{source}_{target}"
    inner = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    return (
        f'<sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
    )


def path(*ids):
    return "\n".join(flow(a, b) for a, b in pairwise(ids))


def extension(*inner):
    return f"<extensionElements>{''.join(inner)}</extensionElements>"


def zeebe(name, /, *inner, **attributes):
    return node_without_id(f"zeebe:{name}", inner, attributes)


def node_without_id(name, inner, attributes):
    text = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name}{text}>{''.join(inner)}</{name}>"


def property_list(properties):
    return zeebe("properties", *(zeebe("property", name=n, value=v) for n, v in properties.items()))


def mapping(inputs=(), outputs=()):
    made = [zeebe("input", source=s, target=t) for s, t in inputs]
    made += [zeebe("output", source=s, target=t) for s, t in outputs]
    return zeebe("ioMapping", *made) if made else ""


def user(id, *inner, inputs=(), outputs=(), more="", **attributes):
    return node(
        "userTask",
        id,
        extension(zeebe("userTask"), mapping(inputs, outputs), more),
        *inner,
        **attributes,
    )


def job(id, *inner, inputs=(), outputs=(), more="", retries="5", kind="serviceTask", type=None):
    definition = zeebe("taskDefinition", type=type or id, retries=retries)
    return node(kind, id, extension(definition, mapping(inputs, outputs), more), *inner)


def script(id, expression, result):
    return node(
        "scriptTask", id, extension(zeebe("script", expression=expression, resultVariable=result))
    )


def decision(id, decision_id, result):
    return node(
        "businessRuleTask",
        id,
        extension(zeebe("calledDecision", decisionId=decision_id, resultVariable=result)),
    )


def call(id, process_id, inputs=(), outputs=(), **attributes):
    called = zeebe("calledElement", processId=process_id, **attributes)
    return node("callActivity", id, extension(called, mapping(inputs, outputs)))


def subprocess(id, *parts, inputs=(), outputs=(), **attributes):
    return node("subProcess", id, extension(mapping(inputs, outputs)), lines(parts), **attributes)


def gateway(kind, id, **attributes):
    return node(f"{kind}Gateway", id, **attributes)


def loop(sequential=False, condition=None, cardinality=None, **attributes):
    inner = extension(zeebe("loopCharacteristics", **attributes)) if attributes else ""
    inner += f"<loopCardinality>{escape(cardinality)}</loopCardinality>" if cardinality else ""
    inner += f"<completionCondition>{escape(condition)}</completionCondition>" if condition else ""
    return node_without_id(
        "multiInstanceLoopCharacteristics",
        [inner],
        {"isSequential": "true" if sequential else "false"},
    )


OVER_XS = {
    "inputCollection": "=xs",
    "inputElement": "x",
    "outputCollection": "rs",
    "outputElement": "=r",
}


def timer(kind, expression):
    return f"<timerEventDefinition><{kind}>{escape(expression)}</{kind}></timerEventDefinition>"


def message(id="M", name="go", key="=k"):
    subscription = extension(zeebe("subscription", correlationKey=key)) if key else ""
    return node("message", id, subscription, name=name)


def on_message(reference="M"):
    return f'<messageEventDefinition messageRef="{reference}"/>'


def error(id="E", code="BAD"):
    return node("error", id, errorCode=code)


def escalation(id="X", code="UP"):
    return node("escalation", id, escalationCode=code)


def on_error(reference="E"):
    return (
        f'<errorEventDefinition errorRef="{reference}"/>'
        if reference
        else "<errorEventDefinition/>"
    )


def on_escalation(reference="X"):
    return f'<escalationEventDefinition escalationRef="{reference}"/>'


def catch(id, *inner, outputs=()):
    return node("intermediateCatchEvent", id, extension(mapping((), outputs)), *inner)


def throw(id, *inner):
    return node("intermediateThrowEvent", id, *inner)


def boundary(id, host, *inner, interrupting=True):
    return node(
        "boundaryEvent",
        id,
        *inner,
        attachedToRef=host,
        cancelActivity="true" if interrupting else "false",
    )


def event_subprocess(id, trigger, *parts, interrupting=False):
    begin = node(
        "startEvent", f"{id}_s", trigger, isInterrupting="true" if interrupting else "false"
    )
    return node("subProcess", id, begin, lines(parts), triggeredByEvent="true")


def terminate():
    return "<terminateEventDefinition/>"


def signal(id="G", name="alarm"):
    return node("signal", id, name=name)


def on_signal(reference="G"):
    return f'<signalEventDefinition signalRef="{reference}"/>'


def on_condition(expression, **limits):
    inner = extension(zeebe("conditionalFilter", **limits)) if limits else ""
    return (
        f"<conditionalEventDefinition>{inner}<condition>{escape(expression)}</condition>"
        "</conditionalEventDefinition>"
    )


def link(name="away"):
    return f'<linkEventDefinition name="{name}"/>'


def on_compensation(activity="", **attributes):
    named = {"activityRef": activity} if activity else {}
    return node_without_id("compensateEventDefinition", (), {**named, **attributes})


def undone(id, handler, *, by=None):
    """A compensation boundary event at an activity, with its handler: text of an activity for compensation with that id."""
    by = by or f"undo_{id}"
    event = boundary(f"c_{id}", id, on_compensation())
    made = handler.replace(f' id="{by}"', f' id="{by}" isForCompensation="true"', 1)
    joined = node("association", f"a_{id}", sourceRef=f"c_{id}", targetRef=by)
    return event + made + joined


def ad_hoc(id, *parts, condition="", more="", inputs=(), outputs=(), cancels=True, **attributes):
    """An ad-hoc subprocess; attributes are those of zeebe:adHoc."""
    drawn = zeebe("adHoc", **attributes) if attributes else ""
    inner = extension(drawn, mapping(inputs, outputs), more) + lines(parts)
    inner += f"<completionCondition>{escape(condition)}</completionCondition>" if condition else ""
    remaining = {} if cancels else {"cancelRemainingInstances": "false"}
    return node("adHocSubProcess", id, inner, **remaining)
