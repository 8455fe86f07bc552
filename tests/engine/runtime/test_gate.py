"""What the gate lets through and what it refuses, with element and line."""

import pytest

from engine.errors import InvalidDiagram
from engine.runtime import check, parse
from engine.runtime.xml import SIZE

from .bpmn import (
    HEAD,
    OVER_XS,
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
    loop,
    message,
    node,
    on_error,
    on_escalation,
    on_message,
    path,
    process,
    property_list,
    script,
    start,
    subprocess,
    throw,
    timer,
    user,
    zeebe,
)


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def codes(source):
    return [finding.code for finding in check(source)]


def errors(source):
    return [finding.code for finding in check(source) if finding.severity == "error"]


def test_a_sound_diagram_has_no_findings():
    assert check(simple(user("u"), path("s", "u", "e"))) == []


def test_a_diagram_tells_what_it_refers_to():
    start_event = node(
        "startEvent",
        "s",
        extension(
            zeebe("formDefinition", formId="p.s"),
            property_list({"numberPrefix": "RH", "startGroups": "front_desk"}),
        ),
    )
    task = node(
        "userTask",
        "u",
        extension(
            zeebe("userTask"),
            zeebe("formDefinition", formId="p.u"),
            zeebe("assignmentDefinition", candidateGroups="front_desk, archivist"),
        ),
    )
    parts = [
        start_event,
        end(),
        task,
        job("j", type="mail"),
        call("c", "other"),
        catch("m", on_message()),
    ]
    source = diagram(
        *parts,
        script("x", "=camunda.vars.tenant.fees.key + 1", "y"),
        path("s", "u", "j", "c", "m", "x", "e"),
        root=message(),
    )
    read = parse(source)
    assert (read.process_id, read.processes, read.name) == ("p", ("p",), "Test")
    assert read.form_ids == {"p.s", "p.u"}
    assert read.roles == {"front_desk", "archivist"}
    assert read.start_properties["numberPrefix"] == "RH"
    assert read.job_types == {"mail"}
    assert read.called_processes == {"other"}
    assert read.messages == {"go"}
    assert read.setting_keys == {"fees.key"}
    assert read.elements["u"].incoming == ("s_u",)
    assert (
        read.elements["u"].line
        == source.decode()[: source.decode().index('id="u"')].count("\n") + 1
    )


def test_the_tasks_ahead_follow_the_default_flow_and_go_through_subprocesses():
    sub = subprocess("sp", start("ss"), user("in"), end("se"), path("ss", "in", "se"))
    parts = [user("u"), gateway("exclusive", "g", default="main"), user("side"), sub, user("v")]
    paths = [
        path("s", "u", "g"),
        flow("g", "side", "=x"),
        flow("g", "sp", id="main"),
        path("sp", "v", "e"),
        flow("side", "e"),
    ]
    read = parse(simple(*parts, *paths))
    assert read.ahead("u", 5) == ("in", "v")
    assert read.ahead("u", 1) == ("in",)
    assert read.ahead("side", 5) == ()


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("size", b"<a>" + b"x" * SIZE + b"</a>"),
        ("encoding", '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")),
        ("encoding", b'<?xml version="1.0" encoding="UTF-7"?><a/>'),
        ("encoding", b"<a>\xff</a>"),
        ("doctype", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        ("doctype", b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'),
        ("processing_instruction", b'<?xml-stylesheet href="x"?><a/>'),
        ("depth", b"<a>" * 500 + b"</a>" * 500),
        ("element_count", b"<a>" + b"<b/>" * 50_000 + b"</a>"),
        ("attribute_count", b"<a " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/>"),
        ("xml", b"<a><b></a>"),
        ("xml", b""),
        ("xml", b"\x00"),
        ("xml", b'<a xmlns:x="u"><y:b/></a>'),
        ("not_bpmn", b"<html/>"),
        ("no_process", definitions()),
        ("no_process", definitions(process(start(), executable=False))),
    ],
)
def test_refuses_hostile_or_foreign_files(code, source):
    assert codes(source) == [code]
    with pytest.raises(InvalidDiagram):
        parse(source)


@pytest.mark.parametrize(
    ("what", "part"),
    [
        ("complexGateway", gateway("complex", "x")),
        ("transaction", node("transaction", "x")),
        ("standardLoopCharacteristics", user("x", "<standardLoopCharacteristics/>")),
        ("isForCompensation", gateway("exclusive", "x", isForCompensation="true")),
        ("instantiate", node("eventBasedGateway", "x", instantiate="true")),
        ("cancelEventDefinition", end("x", "<cancelEventDefinition/>")),
        ("more than one event definition", catch("x", on_message(), timer("timeDuration", "PT1H"))),
        ("potentialOwner", user("x", "<potentialOwner/>")),
        (
            "Camunda 7",
            user("x", **{"xmlns:c": "http://camunda.org/schema/1.0/bpmn", "c:assignee": "a"}),
        ),
        ("zeebe:linkedResources", user("x", more=zeebe("linkedResources"))),
        ("zeebe:assigmentDefinition", user("x", more=zeebe("assigmentDefinition", assignee="a"))),
    ],
)
def test_refuses_what_the_engine_would_not_run(what, part):
    source = simple(user("u"), path("s", "u", "e"), part, root=message())
    found = [f for f in check(source) if f.code == "unsupported"]
    assert [(f.params["what"], f.element_id) for f in found] == [(what, "x")]
    assert found[0].line == source.decode()[: source.decode().index('id="x"')].count("\n") + 1
    assert found[0].params["reason"]
    assert what in found[0].message


def in_path(part, **options):
    return simple(part, path("s", "x", "e"), **options)


BAD = "=if x then"


@pytest.mark.parametrize(
    "source",
    [
        in_path(script("x", BAD, "r")),
        in_path(job("x", inputs=[(BAD, "a")])),
        in_path(job("x", outputs=[(BAD, "a")])),
        in_path(job("x", type=BAD)),
        in_path(user("x", more=zeebe("assignmentDefinition", assignee=BAD))),
        in_path(user("x", more=zeebe("taskSchedule", dueDate=BAD))),
        in_path(user("x", more=zeebe("priorityDefinition", priority=BAD))),
        in_path(call("x", BAD)),
        in_path(catch("x", on_message()), root=message(key=BAD)),
        in_path(catch("x", on_message()), root=message(name=BAD)),
        in_path(catch("x", timer("timeDuration", BAD))),
        in_path(job("x", loop(inputCollection=BAD, inputElement="i"))),
        in_path(job("x", loop(condition=BAD, **OVER_XS))),
        in_path(job("x", loop(inputCollection="=xs", outputCollection="r", outputElement=BAD))),
        simple(user("x"), path("s", "x", "e"), properties={"summary": BAD}),
        simple(
            gateway("exclusive", "x", default="x_e"),
            user("u"),
            path("s", "x", "e"),
            flow("x", "u", BAD),
            flow("u", "e"),
        ),
        in_path(script("x", "=unknown function(1)", "r")),
    ],
)
def test_refuses_every_expression_that_does_not_compile(source):
    (found,) = check(source)
    assert found.code == "expression"
    assert found.line


def test_an_automatic_loop_with_a_way_out_is_allowed():
    parts = [
        gateway("exclusive", "m"),
        script("x", "=n+1", "n"),
        gateway("exclusive", "g", default="back"),
    ]
    assert (
        errors(
            simple(
                *parts,
                path("s", "m", "x", "g"),
                flow("g", "e", "=n > 3"),
                flow("g", "m", id="back"),
            )
        )
        == []
    )


def test_warns_of_elements_that_nothing_leads_to():
    (found,) = check(simple(user("u"), user("lost"), path("s", "u", "e")))
    assert (found.severity, found.code, found.element_id) == ("warning", "unreachable", "lost")
    assert parse(simple(user("u"), user("lost"), path("s", "u", "e")))


def test_layout_documentation_and_other_tools_extensions_are_left_alone():
    foreign = '<modeler:templateIcon xmlns:modeler="http://camunda.org/schema/modeler/1.0"/>'
    shape = '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"><bpmndi:BPMNShape bpmnElement="u"/></bpmndi:BPMNDiagram>'
    documented = "<documentation>Check &amp; sign</documentation>"
    task = node("userTask", "u", documented, extension(foreign))
    lanes = '<laneSet id="lanes"><lane id="l"><flowNodeRef>u</flowNodeRef></lane></laneSet>'
    note = '<textAnnotation id="t"><text>hm</text></textAnnotation><association id="a" sourceRef="u" targetRef="t"/>'
    pools = '<collaboration id="co"><participant id="pp" processRef="p"/></collaboration>'
    source = simple(lanes, note, task, path("s", "u", "e"), root=pools).replace(
        b"</definitions>", shape.encode() + b"</definitions>"
    )
    assert check(source) == []
    assert parse(source).elements["u"].documentation == "Check & sign"


def test_every_kind_of_event_that_is_supported_passes():
    parts = [
        subprocess(
            "sp", start("i"), end("j", on_error()), throw("t", on_escalation()), path("i", "t", "j")
        ),
        boundary("b1", "sp", on_error()),
        boundary("b2", "sp", on_escalation(), interrupting=False),
        event_subprocess("es", on_message(), end("k"), path("es_s", "k")),
        end("over", "<terminateEventDefinition/>"),
        path("s", "sp", "e"),
        flow("b1", "over"),
        flow("b2", "e"),
    ]
    assert check(simple(*parts, root=error() + escalation() + message())) == []


def test_an_open_tag_flood_is_answered_at_once():
    assert codes((HEAD + "<process>" * 10_000).encode()) == ["depth"]
