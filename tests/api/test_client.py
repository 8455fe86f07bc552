"""The official Python client, unchanged, drives the live server."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaClient, errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t
from camunda_orchestration_sdk.types import File

from tests.api import bundles
from tests.api.conftest import Client
from tests.world import World

Work = Callable[[], int]


def deploy(client: CamundaClient, files: dict[str, bytes]) -> m.DeploymentResult:
    resources = [File(payload=io.BytesIO(data), file_name=name) for name, data in files.items()]
    return client.create_deployment(data=m.CreateDeploymentData(resources=resources))


def start(client: CamundaClient, process_id: str = "p", **variables: Any) -> t.ProcessInstanceKey:
    data = m.ProcessCreationById(
        process_definition_id=t.ProcessDefinitionId(process_id),
        variables=m.ProcessInstanceCreationInstructionBaseVariables.from_dict(variables),
    )
    return client.create_process_instance(data=data).process_instance_key


def open_task(client: CamundaClient, instance: str) -> m.UserTaskResult:
    wanted = m.UserTaskFilter(
        state=m.UserTaskStateExactMatch.CREATED,
        process_instance_key=t.ProcessInstanceKey(instance),
    )
    found = client.search_user_tasks(data=m.UserTaskSearchQuery(filter_=wanted)).items
    assert len(found) == 1, found
    return found[0]


def complete(client: CamundaClient, task: m.UserTaskResult, **variables: Any) -> None:
    data = m.UserTaskCompletionRequest(
        variables=m.UserTaskCompletionRequestVariables.from_dict(variables)
    )
    client.complete_user_task(task.user_task_key, data=data)


def test_the_client_learns_what_it_talks_to(client: Client) -> None:
    assert client("clerk").get_topology().gateway_version.startswith("8.10.")
    assert client("clerk").get_license().valid_license
    client("clerk").get_status()
    me = client("clerk").get_authentication()
    assert (me.username, [one.tenant_id for one in me.tenants]) == ("clerk", ["north"])


def test_a_procedure_is_deployed_started_claimed_and_completed(client: Client) -> None:
    # given
    deployed = deploy(client("owner"), bundles.FILES).deployments
    process = deployed[0].process_definition
    assert process is not None
    assert (process.process_definition_id, process.process_definition_version) == ("p", 1)
    assert any(one.form is not None and one.form.form_id == "p.check" for one in deployed)
    # when
    instance = start(client("clerk"), unit_no="3-2-1201")
    task = open_task(client("assistant"), instance)
    client("assistant").assign_user_task(
        task.user_task_key, data=m.UserTaskAssignmentRequest(assignee="assistant")
    )
    form = client("assistant").get_user_task_form(task.user_task_key)
    complete(client("assistant"), task, who="梁", count=2)
    # then
    assert (task.element_id, task.candidate_groups) == ("check", ["service_assistant"])
    assert (task.tenant_id, task.business_id) == ("north", "3-2-1201")
    assert (form.form_id, form.form_key) == ("p.check", task.form_key)
    ended = client("clerk").get_process_instance(instance)
    assert ended.state == m.ProcessInstanceStateEnum.COMPLETED
    done = client("clerk").get_user_task(task.user_task_key)
    assert (done.state, done.assignee) == (m.UserTaskStateEnum.COMPLETED, "assistant")


def test_a_task_tells_another_application_its_headers_and_its_form(client: Client) -> None:
    deploy(client("owner"), {"p.bpmn": bundles.ELSEWHERE})
    task = open_task(client("assistant"), start(client("clerk"), "elsewhere"))
    assert task.external_form_reference == "hr/leave"
    assert task.custom_headers.additional_properties == {"system": "hr", "clause": "§ 3"}
    assert task.form_key is None
    complete(client("assistant"), task, days=3)


def test_definitions_are_found_with_their_xml_and_start_form(client: Client) -> None:
    deploy(client("owner"), bundles.FILES)
    wanted = m.ProcessDefinitionFilter(is_latest_version=True)
    found = client("clerk").search_process_definitions(
        data=m.ProcessDefinitionSearchQuery(filter_=wanted)
    )
    (definition,) = found.items
    assert (definition.process_definition_id, definition.resource_name) == ("p", "p.bpmn")
    key = definition.process_definition_key
    assert "userTask" in client("clerk").get_process_definition_xml(key)


def test_the_start_form_is_the_one_of_the_start_event(client: Client) -> None:
    drawn = bundles.CHECK.replace(
        b"<zeebe:properties>", b'<zeebe:formDefinition formId="p.check"/><zeebe:properties>', 1
    )
    deployed = deploy(client("owner"), bundles.FILES | {"p.bpmn": drawn}).deployments[0]
    assert deployed.process_definition is not None
    key = deployed.process_definition.process_definition_key
    form = client("clerk").get_start_process_form(key)
    assert form.form_id == "p.check"
    assert client("clerk").get_form_by_key(form.form_key).schema == form.schema


def test_an_instance_is_started_by_the_key_of_a_version(client: Client) -> None:
    first = deploy(client("owner"), bundles.FILES).deployments[0].process_definition
    deploy(client("owner"), bundles.FILES | {"p.bpmn": bundles.CHECK.replace(b"defs", b"next")})
    assert first is not None
    key = first.process_definition_key
    started = client("clerk").create_process_instance(
        data=m.ProcessCreationByKey(
            process_definition_key=key,
            business_id=t.BusinessId("A1"),
            tenant_id=t.TenantId("north"),
        )
    )
    assert started.process_definition_version == 1
    assert (started.business_id, started.tenant_id) == ("A1", "north")


def test_the_same_business_key_is_refused_while_it_is_active(client: Client) -> None:
    deploy(client("owner"), bundles.FILES)
    start(client("clerk"), unit_no="3-2-1201")
    with pytest.raises(errors.ConflictError) as refused:
        start(client("clerk"), unit_no="3-2-1201")
    assert refused.value.parsed.title == "ALREADY_EXISTS"


def test_invalid_variables_are_refused_with_the_names_of_the_fields(client: Client) -> None:
    deploy(client("owner"), bundles.FILES)
    task = open_task(client("assistant"), start(client("clerk"), unit_no="1"))
    with pytest.raises(errors.BadRequestError) as refused:
        complete(client("assistant"), task, who="", count=9)
    problem = refused.value.parsed
    assert problem.title == "INVALID_ARGUMENT"
    assert "who:" in problem.detail
    assert "count:" in problem.detail
    assert set(problem.additional_properties["errors"]) == {"who", "count"}
    assert open_task(client("assistant"), task.process_instance_key).state == "CREATED"


def test_a_task_completed_by_another_is_a_conflict(client: Client) -> None:
    deploy(client("owner"), bundles.FILES)
    task = open_task(client("assistant"), start(client("clerk"), unit_no="1"))
    complete(client("colleague"), task, who="何")
    with pytest.raises(errors.ConflictError) as refused:
        complete(client("assistant"), task, who="梁")
    assert refused.value.parsed.title == "INVALID_STATE"


def test_a_supervisor_assigns_and_the_assignee_puts_it_back(client: Client) -> None:
    deploy(client("owner"), bundles.FILES)
    task = open_task(client("supervisor"), start(client("clerk"), unit_no="1"))
    key = task.user_task_key
    give = m.UserTaskAssignmentRequest(assignee="colleague")
    client("supervisor").assign_user_task(key, data=give)
    assert client("clerk").get_user_task(key).assignee == "colleague"
    with pytest.raises(errors.ConflictError):
        client("assistant").assign_user_task(
            key, data=m.UserTaskAssignmentRequest(assignee="assistant", allow_override=False)
        )
    client("colleague").unassign_user_task(key)
    assert client("clerk").get_user_task(key).assignee is None


def test_an_instance_is_canceled_by_a_supervisor_only(client: Client, world: World) -> None:
    drawn = bundles.CHECK.replace(b"all_staff", b"front_desk")
    deploy(client("owner"), bundles.FILES | {"p.bpmn": drawn})
    call = m.CancelProcessInstanceRequest(operation_reference=77)
    instance = start(client("clerk"), unit_no="1")
    with pytest.raises(errors.ApiError) as refused:
        client("clerk").cancel_process_instance(instance, data=call)
    assert refused.value.status_code == 403
    client("supervisor").cancel_process_instance(instance, data=call)
    assert client("clerk").get_process_instance(instance).state == "TERMINATED"
    assert world.instance(int(instance)).reason == "API 77"
    with pytest.raises(errors.ConflictError):
        client("supervisor").cancel_process_instance(instance, data=call)


def test_a_message_reaches_who_waits_for_it(client: Client, work: Work) -> None:
    deploy(client("owner"), {"w.bpmn": bundles.WAIT})
    instance = start(client("clerk"), "waits", k="7")
    message = m.MessagePublicationRequest(
        name="go",
        correlation_key="7",
        tenant_id=t.TenantId("north"),
        variables=m.MessagePublicationRequestVariables.from_dict({"paid": 5}),
    )
    published = client("owner").publish_message(data=message)
    work()
    assert published.message_key
    assert open_task(client("assistant"), instance).element_id == "after"


def test_a_message_is_correlated_at_once_or_not_at_all(client: Client) -> None:
    deploy(client("owner"), {"w.bpmn": bundles.WAIT})
    instance = start(client("clerk"), "waits", k="7")
    message = m.MessageCorrelationRequest(
        name="go", correlation_key="7", tenant_id=t.TenantId("north")
    )
    assert client("owner").correlate_message(data=message).process_instance_key == instance
    assert open_task(client("assistant"), instance).element_id == "after"
    with pytest.raises(errors.NotFoundError):
        client("owner").correlate_message(data=message)


def activate(client: CamundaClient, job_type: str = "bank.pay") -> list[m.ActivatedJobResult]:
    request = m.JobActivationRequest(
        type_=job_type, timeout=60_000, max_jobs_to_activate=5, worker="bank"
    )
    return client.activate_jobs(data=request).jobs


def test_a_job_is_leased_once_and_completed_by_its_worker(client: Client) -> None:
    deploy(client("owner"), {"j.bpmn": bundles.JOB})
    instance = start(client("clerk"), "with_job", sum=21)
    (job,) = activate(client("owner"))
    assert activate(client("owner")) == []
    assert job.variables.to_dict() == {"amount": 42, "sum": 21}
    assert (job.process_instance_key, job.worker, job.tenant_id) == (instance, "bank", "north")
    client("owner").complete_job(
        job.job_key,
        data=m.JobCompletionRequest(
            variables=m.JobCompletionRequestVariables.from_dict({"receipt": "R1"})
        ),
    )
    assert open_task(client("assistant"), instance).element_id == "after"
    with pytest.raises(errors.ConflictError):
        client("owner").complete_job(job.job_key)


def test_a_worker_learns_that_its_job_is_a_listener(client: Client) -> None:
    deploy(client("owner"), {"h.bpmn": bundles.HEARD})
    instance = start(client("clerk"), "heard")
    (job,) = activate(client("owner"))
    assert (job.kind, job.listener_event_type) == ("EXECUTION_LISTENER", "START")
    assert job.custom_headers.to_dict() == {}
    client("owner").complete_job(job.job_key)
    ended = client("clerk").get_process_instance(instance)
    assert ended.state == m.ProcessInstanceStateEnum.COMPLETED


def test_a_task_listener_denies_and_corrects(client: Client) -> None:
    deploy(client("owner"), {"h.bpmn": bundles.HELD})
    instance = start(client("clerk"), "held")
    task = open_task(client("assistant"), instance)
    complete(client("assistant"), task, note="n")
    held = client("assistant").get_user_task(task.user_task_key)
    assert held.state == m.UserTaskStateEnum.COMPLETING
    (job,) = activate(client("owner"))
    assert (job.kind, job.listener_event_type) == ("TASK_LISTENER", "COMPLETING")
    assert job.element_instance_key == task.element_instance_key
    assert isinstance(job.user_task, m.ActivatedJobResultUserTask)
    assert (job.user_task.action, job.user_task.priority) == ("complete", 50)
    assert job.user_task.user_task_key == task.user_task_key
    denied = m.JobResultUserTask(denied=True, denied_reason="no stamp", type_="userTask")
    client("owner").complete_job(job.job_key, data=m.JobCompletionRequest(result=denied))
    (found,) = client("owner").search_jobs().items
    assert (found.is_denied, found.denied_reason) == (True, "no stamp")
    complete(client("assistant"), open_task(client("assistant"), instance), note="better")
    (job,) = activate(client("owner"))
    corrections = m.JobResultCorrections(priority=80, assignee="colleague", candidate_groups=None)
    passed = m.JobResultUserTask(corrections=corrections, type_="userTask")
    client("owner").complete_job(job.job_key, data=m.JobCompletionRequest(result=passed))
    done = client("assistant").get_user_task(task.user_task_key)
    assert (done.state, done.priority, done.assignee) == ("COMPLETED", 80, "colleague")


def test_a_failed_job_becomes_an_incident_that_is_resolved(client: Client) -> None:
    deploy(client("owner"), {"j.bpmn": bundles.JOB})
    instance = start(client("clerk"), "with_job", sum=21)
    (job,) = activate(client("owner"))
    failure = m.JobFailRequest(retries=0, error_message="no connection")
    client("owner").fail_job(job.job_key, data=failure)
    (incident,) = (
        client("owner")
        .search_incidents(
            data=m.IncidentSearchQuery(
                filter_=m.IncidentFilter(state=m.IncidentStateExactMatch.ACTIVE)
            )
        )
        .items
    )
    assert (incident.error_type, incident.error_message) == ("JOB_NO_RETRIES", "no connection")
    assert client("clerk").get_process_instance(instance).has_incident
    client("owner").resolve_incident(incident.incident_key)
    assert client("owner").get_incident(incident.incident_key).state == "RESOLVED"
    assert [one.job_key for one in activate(client("owner"))] == [job.job_key]


def test_a_bpmn_error_nobody_catches_becomes_an_incident(client: Client) -> None:
    deploy(client("owner"), {"j.bpmn": bundles.JOB})
    start(client("clerk"), "with_job", sum=21)
    (job,) = activate(client("owner"))
    client("owner").throw_job_error(job.job_key, data=m.JobErrorRequest(error_code="NO_MONEY"))
    (incident,) = client("owner").search_incidents().items
    assert incident.error_type == "UNHANDLED_ERROR_EVENT"
    assert "NO_MONEY" in incident.error_message
    (found,) = client("owner").search_jobs().items
    assert found.state == m.JobStateEnum.COMPLETED


def test_variables_are_found_by_instance_and_by_task(client: Client) -> None:
    deploy(client("owner"), {"l.bpmn": bundles.LOCAL})
    instance = start(client("clerk"), "local", a=1)
    task = open_task(client("assistant"), instance)
    wanted = m.VariableFilter(process_instance_key=instance)
    found = client("assistant").search_variables(data=m.VariableSearchQuery(filter_=wanted)).items
    assert [(one.name, one.value, one.scope_key) for one in found] == [("a", "1", instance)]
    assert client("clerk").get_variable(found[0].variable_key).value == "1"
    seen = client("assistant").search_user_task_effective_variables(task.user_task_key).items
    assert {one.name: (one.value, one.scope_key) for one in seen} == {
        "a": ("1", instance),
        "b": ("2", task.user_task_key),
    }


def test_element_instances_tell_where_a_process_instance_stands(client: Client) -> None:
    deploy(client("owner"), {"l.bpmn": bundles.LOCAL})
    instance = start(client("clerk"), "local", a=1)
    wanted = m.ElementInstanceFilter(process_instance_key=instance)
    found = client("clerk").search_element_instances(
        data=m.ElementInstanceSearchQuery(filter_=wanted)
    )
    assert [(one.element_id, one.type_, one.state) for one in found.items] == [
        ("local", "PROCESS", "ACTIVE"),
        ("s", "START_EVENT", "COMPLETED"),
        ("see", "USER_TASK", "ACTIVE"),
    ]


def test_a_refused_diagram_names_element_line_and_reason(client: Client) -> None:
    with pytest.raises(errors.BadRequestError) as refused:
        deploy(client("owner"), {"b.bpmn": bundles.BROKEN})
    problem = refused.value.parsed
    first = problem.additional_properties["findings"][0]
    assert first["resourceName"] == "b.bpmn"
    assert first["line"]
    assert first["message"] in problem.detail


def test_only_process_owners_deploy(client: Client) -> None:
    with pytest.raises(errors.ApiError) as refused:
        deploy(client("clerk"), bundles.FILES)
    assert refused.value.status_code == 403
