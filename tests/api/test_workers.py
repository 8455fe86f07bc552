"""Job workers of the official client do service tasks; a worker whose lease was taken over is kept out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaAsyncClient, errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t
from camunda_orchestration_sdk.runtime.job_worker import WorkerConfig

from engine.models.instance import ProcessInstance
from tests.api import bundles
from tests.api.conftest import Client
from tests.conftest import Clock
from tests.world import PASSWORD, World

PATIENCE = 120  # seconds


async def work(server: str, world: World, started: ProcessInstance, *, with_lease: bool) -> None:
    """Let a worker of the client run until the step after the job is open."""

    async def pay(job: Any) -> dict[str, Any]:
        return {"receipt": f"R{job.variables.to_dict()['amount']}"}

    configuration = {
        "CAMUNDA_REST_ADDRESS": server,
        "CAMUNDA_AUTH_STRATEGY": "BASIC",
        "CAMUNDA_BASIC_AUTH_USERNAME": "owner",
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
    }
    config = WorkerConfig("bank.pay", job_timeout_milliseconds=60_000, with_lease=with_lease)
    async with CamundaAsyncClient(configuration=configuration) as client:
        client.create_job_worker(config, pay)
        running = asyncio.create_task(client.run_workers())
        try:
            async with asyncio.timeout(PATIENCE):
                while not world.open_tasks(started):  # noqa: ASYNC110 - it opens in the database
                    await asyncio.sleep(0.1)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("with_lease", [False, True])
def test_a_worker_of_the_client_does_a_service_task(
    server: str, world: World, with_lease: bool
) -> None:
    world.deploy({"j.bpmn": bundles.JOB})
    started = world.start("with_job", {"sum": 21})
    asyncio.run(work(server, world, started, with_lease=with_lease))
    assert [one.element_id for one in world.open_tasks(started)] == ["after"]
    assert world.instance(started.key).variables["receipt"] == "R42"


def test_a_worker_whose_lease_was_taken_over_completes_nothing(
    client: Client, world: World, clock: Clock
) -> None:
    # given
    world.deploy({"j.bpmn": bundles.JOB})
    started = world.start("with_job", {"sum": 21})
    asked = m.JobActivationRequest(
        type_="bank.pay", timeout=1000, max_jobs_to_activate=1, with_lease=True
    )
    (first,) = client("owner").activate_jobs(data=asked).jobs
    clock.forward(minutes=1)
    (second,) = client("owner").activate_jobs(data=asked).jobs
    # when
    old, new = (m.JobCompletionRequest(job_lease_token=t.JobLeaseToken(str(one.job_lease_token))) for one in (first, second))  # fmt: skip
    with pytest.raises(errors.ConflictError):
        client("owner").complete_job(first.job_key, data=old)
    # then
    assert world.open_tasks(started) == []
    client("owner").complete_job(second.job_key, data=new)
    assert [one.element_id for one in world.open_tasks(started)] == ["after"]


def test_jobs_are_found_by_what_became_of_them(client: Client, world: World) -> None:
    world.deploy({"j.bpmn": bundles.JOB})
    world.start("with_job", {"sum": 21})
    asked = m.JobActivationRequest(type_="bank.pay", timeout=1000, max_jobs_to_activate=1)
    (job,) = client("owner").activate_jobs(data=asked).jobs
    client("owner").fail_job(job.job_key, data=m.JobFailRequest(retries=1, error_message="down"))

    def found(*, tried: bool) -> list[str]:
        wanted = m.JobFilter(has_failed_with_retries_left=tried)
        query = m.JobSearchQuery(filter_=wanted)
        return [one.job_key for one in client("owner").search_jobs(data=query).items]

    assert (found(tried=True), found(tried=False)) == ([job.job_key], [])
