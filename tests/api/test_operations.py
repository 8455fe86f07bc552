"""Suspending, modifying, migrating, batches and heartbeats with the official client; exports over plain HTTP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from camunda_orchestration_sdk import errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t
from flask.testing import FlaskClient

from tests.api.conftest import Client
from tests.diagrams import chain, flow, process, service_task, user_task
from tests.faults import diagrams
from tests.world import PASSWORD, World

Work = Callable[[], int]
State = m.ProcessInstanceStateEnum


def key_of(world: World, process_id: str = "p") -> t.ProcessInstanceKey:
    return t.ProcessInstanceKey(str(world.start(process_id).key))


def open_steps(world: World) -> list[str]:
    return sorted(one.element_id for one in world.open_tasks())


def test_an_instance_is_suspended_and_resumed(world: World, client: Client) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    key = key_of(world)
    client("owner").suspend_process_instance(key, data=m.SuspendProcessInstanceRequest())
    found = client("clerk").get_process_instance(key)
    assert (found.state, found.suspended_date is None) == (State.SUSPENDED, False)
    with pytest.raises(errors.ApiError):
        client("owner").suspend_process_instance(key, data=m.SuspendProcessInstanceRequest())
    client("owner").resume_process_instance(key, data=m.ResumeProcessInstanceRequest())
    assert client("clerk").get_process_instance(key).state == State.ACTIVE


def test_an_instance_is_modified(world: World, client: Client) -> None:
    world.deploy({"p.bpmn": diagrams.branches(2)})
    key = key_of(world)
    variables = m.ModifyProcessInstanceVariableInstructionVariables.from_dict({"why": "urgent"})
    client("owner").modify_process_instance(
        key,
        data=m.ProcessInstanceModificationInstruction(
            activate_instructions=[
                m.ProcessInstanceModificationActivateInstruction(
                    element_id=t.ElementId("after"),
                    variable_instructions=[
                        m.ModifyProcessInstanceVariableInstruction(variables=variables)
                    ],
                )
            ],
            terminate_instructions=[
                m.ProcessInstanceModificationTerminateByIdInstruction(element_id=t.ElementId("b0"))
            ],
        ),
    )
    assert open_steps(world) == ["after", "b1"]
    assert world.instance(int(key)).variables == {"why": "urgent"}


def test_a_token_is_moved(world: World, client: Client) -> None:
    world.deploy({"p.bpmn": diagrams.TWO_STEPS})
    move = m.ProcessInstanceModificationMoveInstruction(
        source_element_instruction=m.SourceElementIdInstruction(
            source_type="byId", source_element_id=t.ElementId("work")
        ),
        target_element_id=t.ElementId("next"),
    )
    client("owner").modify_process_instance(
        key_of(world), data=m.ProcessInstanceModificationInstruction(move_instructions=[move])
    )
    assert open_steps(world) == ["next"]


def plan(target: int, source: str = "work1", to: str = "work2") -> dict[str, object]:
    return {
        "target_process_definition_key": t.ProcessDefinitionKey(str(target)),
        "mapping_instructions": [
            m.MigrateProcessInstanceMappingInstruction(
                source_element_id=t.ElementId(source), target_element_id=t.ElementId(to)
            )
        ],
    }


def test_an_instance_is_migrated(world: World, client: Client) -> None:
    world.deploy({"p.bpmn": diagrams.numbered(1)})
    key = key_of(world)
    new = world.deploy({"p.bpmn": diagrams.numbered(2)}).definitions[0].key
    wrong = m.ProcessInstanceMigrationInstruction(**plan(new, "work1", "nowhere"))
    with pytest.raises(errors.ApiError):
        client("owner").migrate_process_instance(key, data=wrong)
    client("owner").migrate_process_instance(
        key, data=m.ProcessInstanceMigrationInstruction(**plan(new))
    )
    assert open_steps(world) == ["work2"]
    assert client("clerk").get_process_instance(key).process_definition_version == 2


def test_many_are_migrated_and_each_result_is_told(
    world: World, client: Client, work: Work
) -> None:
    world.deploy({"p.bpmn": diagrams.numbered(1)})
    for _ in range(3):
        key_of(world)
    new = world.deploy({"p.bpmn": diagrams.numbered(2)}).definitions[0].key
    of_it = m.ProcessInstanceCancellationBatchOperationRequestFilter(process_definition_id="p")
    begun = client("owner").migrate_process_instances_batch_operation(
        data=m.ProcessInstanceMigrationBatchOperationRequest(
            filter_=of_it,
            migration_plan=m.ProcessInstanceMigrationBatchOperationRequestMigrationPlan(
                **plan(new)
            ),
        )
    )
    assert begun.batch_operation_type == m.BatchOperationTypeEnum.MIGRATE_PROCESS_INSTANCE
    seen = client("owner").get_batch_operation(begun.batch_operation_key)
    assert (seen.state, seen.operations_total_count) == (m.BatchOperationStateEnum.ACTIVE, 3)
    work()
    seen = client("owner").get_batch_operation(begun.batch_operation_key)
    assert (seen.state, seen.operations_completed_count) == (m.BatchOperationStateEnum.COMPLETED, 3)
    items = client("owner").search_batch_operation_items(data=m.BatchOperationItemSearchQuery())
    assert [one.state for one in items.items] == [m.BatchOperationItemResponseState.COMPLETED] * 3
    listed = client("owner").search_batch_operations(data=m.BatchOperationSearchQuery()).items
    assert [(one.batch_operation_key, one.actor_id) for one in listed] == [
        (begun.batch_operation_key, "owner")
    ]
    assert open_steps(world) == ["work2"] * 3


def test_many_are_canceled_with_the_rights_of_the_caller(
    world: World, client: Client, work: Work
) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    keys = [key_of(world) for _ in range(2)]
    of_it = m.ProcessInstanceCancellationBatchOperationRequestFilter(process_definition_id="p")
    asked = m.ProcessInstanceCancellationBatchOperationRequest(filter_=of_it)
    for somebody, failed in (("clerk", 2), ("root", 0)):
        begun = client(somebody).cancel_process_instances_batch_operation(data=asked)
        work()
        seen = client(somebody).get_batch_operation(begun.batch_operation_key)
        assert (seen.operations_failed_count, seen.operations_total_count) == (failed, 2)
    assert {world.instance(int(key)).status for key in keys} == {"terminated"}


def test_a_worker_keeps_its_job_by_a_heartbeat(world: World, client: Client, clock: object) -> None:
    world.deploy({"p.bpmn": process(service_task("call", "sms") + chain("s", "call", "e"))})
    key_of(world)
    asked = m.JobActivationRequest(type_="sms", timeout=60_000, max_jobs_to_activate=1)
    job = client("owner").activate_jobs(data=asked).jobs[0].job_key

    def beat() -> None:
        longer = m.JobUpdateRequest(changeset=m.JobChangeset(timeout=60_000))
        client("owner").update_job(job, data=longer)

    for _ in range(3):
        clock.forward(seconds=50)  # type: ignore[attr-defined]
        beat()
        assert client("owner").activate_jobs(data=asked).jobs == []
    clock.forward(seconds=70)  # type: ignore[attr-defined]
    with pytest.raises(errors.ApiError):
        beat()
    client("owner").update_job(job, data=m.JobUpdateRequest(changeset=m.JobChangeset(retries=9)))
    assert client("owner").activate_jobs(data=asked).jobs[0].retries == 9


def test_the_export_is_a_zip_file_for_those_who_may(world: World, http: FlaskClient) -> None:
    world.deploy({"p.bpmn": process(user_task("work") + chain("s", "work", "e"))})
    path = f"/v2/process-instances/{world.start('p').key}/export"
    answer = http.get(path, auth=("root", PASSWORD))
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "instance.json" in archive.namelist()
    assert http.get(path, auth=("assistant", PASSWORD)).status_code == 403
    assert http.get(path, auth=("stranger", PASSWORD)).status_code == 404


VISIT = process(
    '<adHocSubProcess id="visit">' + user_task("roof") + user_task("lift") + "</adHocSubProcess>"
    + user_task("report") + chain("s", "visit", "report", "e")
)  # fmt: skip


def test_elements_of_an_ad_hoc_subprocess_are_activated(world: World, client: Client) -> None:
    world.deploy({"p.bpmn": VISIT})
    key = key_of(world)
    wanted = m.ElementInstanceSearchQuery(
        filter_=m.ElementInstanceFilter(
            process_instance_key=key, type_=m.ElementInstanceFilterType.AD_HOC_SUB_PROCESS
        )
    )
    (visit,) = client("clerk").search_element_instances(data=wanted).items
    own = m.AdHocSubProcessActivateActivityReferenceVariables.from_dict({"floor": 30})
    what = m.AdHocSubProcessActivateActivitiesInstruction(
        elements=[
            m.AdHocSubProcessActivateActivityReference(
                element_id=t.ElementId("roof"), variables=own
            ),
            m.AdHocSubProcessActivateActivityReference(element_id=t.ElementId("lift")),
        ]
    )
    with pytest.raises(errors.ApiError):
        client("clerk").activate_ad_hoc_sub_process_activities(visit.element_instance_key, data=what)  # fmt: skip
    client("owner").activate_ad_hoc_sub_process_activities(visit.element_instance_key, data=what)
    assert open_steps(world) == ["lift", "roof"]
    gone = m.AdHocSubProcessActivateActivitiesInstruction(
        elements=[m.AdHocSubProcessActivateActivityReference(element_id=t.ElementId("report"))]
    )
    with pytest.raises(errors.ApiError):
        client("owner").activate_ad_hoc_sub_process_activities(visit.element_instance_key, data=gone)  # fmt: skip
    assert open_steps(world) == ["lift", "roof"]


def test_a_worker_directs_an_ad_hoc_subprocess(world: World, client: Client) -> None:
    agent = '<extensionElements><zeebe:taskDefinition type="agent"/></extensionElements>'
    world.deploy({"p.bpmn": VISIT.replace(b'id="visit">', f'id="visit">{agent}'.encode())})
    key_of(world)
    asked = m.JobActivationRequest(type_="agent", timeout=60_000, max_jobs_to_activate=1)
    (job,) = client("owner").activate_jobs(data=asked).jobs
    assert job.kind == m.JobKindEnum.AD_HOC_SUB_PROCESS
    lift = m.JobResultActivateElement(element_id=t.ElementId("lift"))
    result = m.JobResultAdHocSubProcess(activate_elements=[lift], type_="adHocSubProcess")
    client("owner").complete_job(job.job_key, data=m.JobCompletionRequest(result=result))
    assert open_steps(world) == ["lift"]
    world.complete("lift")
    (again,) = client("owner").activate_jobs(data=asked).jobs
    assert again.element_instance_key == job.element_instance_key
    enough = m.JobResultAdHocSubProcess(
        is_completion_condition_fulfilled=True, type_="adHocSubProcess"
    )
    client("owner").complete_job(again.job_key, data=m.JobCompletionRequest(result=enough))
    assert open_steps(world) == ["report"]


def test_a_condition_starts_a_process(world: World, client: Client) -> None:
    start = (
        '<startEvent id="c"><conditionalEventDefinition><condition>=full</condition>'
        "</conditionalEventDefinition></startEvent>"
    )
    world.deploy({"p.bpmn": process(start + user_task("work") + chain("c", "work", "e") + flow("s", "work"))})  # fmt: skip
    variables = m.ConditionalEvaluationInstructionVariables.from_dict({"full": True})
    asked = m.ConditionalEvaluationInstruction(variables=variables, tenant_id=t.TenantId("north"))
    with pytest.raises(errors.ApiError):
        client("clerk").evaluate_conditionals(data=asked)
    (started,) = client("owner").evaluate_conditionals(data=asked).process_instances
    assert world.instance(int(started.process_instance_key)).variables == {"full": True}
    assert open_steps(world) == ["work"]
