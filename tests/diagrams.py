"""Small diagrams for tests of commands, pages and API: a process from a few words."""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="defs" targetNamespace="test">'
)


def properties(**values: str) -> str:
    """A zeebe:properties element."""
    rows = "".join(
        f"<zeebe:property name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in values.items()
    )
    return f"<zeebe:properties>{rows}</zeebe:properties>"


def user_task(
    element_id: str,
    groups: str = "service_assistant",
    *,
    form: str = "",
    inner: str = "",
    **more: str,
) -> str:
    """A user task for candidate groups."""
    form_definition = f"<zeebe:formDefinition formId={quoteattr(form)}/>" if form else ""
    return (
        f"<userTask id={quoteattr(element_id)} name={quoteattr(element_id)}><extensionElements><zeebe:userTask/>"
        f"<zeebe:assignmentDefinition candidateGroups={quoteattr(groups)}/>{form_definition}{properties(**more)}"
        f"</extensionElements>{inner}</userTask>"
    )


def service_task(
    element_id: str, job_type: str, inputs: dict[str, str] | None = None, retries: str = "3"
) -> str:
    """A service task with a job type and input mappings (target to source)."""
    rows = "".join(
        f"<zeebe:input source={quoteattr(source)} target={quoteattr(target)}/>"
        for target, source in (inputs or {}).items()
    )
    return (
        f"<serviceTask id={quoteattr(element_id)}><extensionElements>"
        f"<zeebe:taskDefinition type={quoteattr(job_type)} retries={quoteattr(retries)}/>"
        f"<zeebe:ioMapping>{rows}</zeebe:ioMapping></extensionElements></serviceTask>"
    )


def script(element_id: str, expression: str, result: str) -> str:
    """A script task."""
    return (
        f"<scriptTask id={quoteattr(element_id)}><extensionElements>"
        f"<zeebe:script expression={quoteattr(expression)} resultVariable={quoteattr(result)}/>"
        "</extensionElements></scriptTask>"
    )


def flow(source: str, target: str, condition: str = "") -> str:
    """A sequence flow named after its ends."""
    body = (
        f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>'
        if condition
        else ""
    )
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{body}</sequenceFlow>'


def chain(*ids: str) -> str:
    """Sequence flows from each to the next."""
    return "".join(flow(one, other) for one, other in pairwise(ids))


def process(
    body: str,
    process_id: str = "p",
    *,
    extra: str = "",
    start: dict[str, str] | None = None,
    **of_process: str,
) -> bytes:
    """A file with one process, a start event `s` that front desk and everybody else may use, and an end event `e`."""
    at_start = properties(**({"startGroups": "all_staff"} | (start or {})))
    of = f"<extensionElements>{properties(**of_process)}</extensionElements>" if of_process else ""
    return (
        f'{HEAD}{extra}<process id="{process_id}" name="{process_id}" isExecutable="true">{of}'
        f'<startEvent id="s"><extensionElements>{at_start}</extensionElements></startEvent>'
        f'<endEvent id="e"/>{body}</process></definitions>'
    ).encode()
