"""Deployments: the files of a bundle in one request, checked as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from flask import request
from marshmallow import fields
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from engine.deployment import bundles, deployments
from engine.models.definition import Decision, Form, ProcessDefinition
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import DEFAULT_TENANT, Key, Result
from web.extensions import engine

blueprint = Noun("deployments", longest=bundles.MAX_BYTES + 1_000_000)

FAMILY = "api"
MAX_NAME = 255
MAX_FAMILY = 64


class DeployedProcess(Result):
    """The version of a process after the deployment."""

    process_definition_id = fields.String()
    process_definition_version = fields.Integer()
    process_definition_key = Key()
    resource_name = fields.String()
    tenant_id = fields.String()


class DeployedForm(Result):
    """A form in its version after the deployment."""

    form_id = fields.String()
    version = fields.Integer()
    form_key = Key()
    resource_name = fields.String()
    tenant_id = fields.String()


class DeployedDecision(Result):
    """A decision in its version after the deployment; requirements are the file it is in."""

    decision_definition_id = fields.String()
    version = fields.Integer()
    name = fields.String()
    decision_definition_key = Key()
    decision_requirements_id = fields.String()
    decision_requirements_key = Key()
    tenant_id = fields.String()


class DeployedRequirements(Result):
    """A file of decisions."""

    decision_requirements_id = fields.String()
    decision_requirements_name = fields.String()
    version = fields.Integer()
    decision_requirements_key = Key()
    resource_name = fields.String()
    tenant_id = fields.String()


class Metadata(Result):
    """One of the things deployed; the others are null."""

    process_definition = fields.Nested(DeployedProcess, allow_none=True)
    decision_definition = fields.Nested(DeployedDecision, allow_none=True)
    decision_requirements = fields.Nested(DeployedRequirements, allow_none=True)
    form = fields.Nested(DeployedForm, allow_none=True)
    resource = fields.Dict(allow_none=True)


class DeploymentResult(Result):
    """What a deployment made or found unchanged."""

    deployment_key = Key()
    tenant_id = fields.String()
    deployments = fields.List(fields.Nested(Metadata))


REQUEST = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["resources"],
                "properties": {
                    "resources": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "format": "binary"},
                    },
                    "tenantId": {
                        "type": "string",
                        "description": "Not looked at: definitions are the company's.",
                    },
                    "family": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": MAX_FAMILY,
                        "default": FAMILY,
                        "description": "The family the files are the whole of: its processes that are not among them "
                        "are withdrawn. Without one nothing is withdrawn (an extension).",
                    },
                },
            }
        }
    },
}


@blueprint.post("/deployments")
@blueprint.described(requestBody=REQUEST)
@blueprint.response(200, DeploymentResult)
def create() -> dict[str, Any]:
    """Deploy the files of a bundle: all of them or, with every finding in the answer, none."""
    files = _uploaded()
    with engine.begin(actor()) as command:
        deployed = deployments.deploy(
            command, files, family=_family(), whole="family" in request.form
        )
        return {
            "deployment_key": deployed.deployment.key,
            "tenant_id": DEFAULT_TENANT,
            "deployments": list(_listed(deployed, files)),
        }


def _family() -> str:
    family = request.form.get("family", FAMILY).strip()
    if not 0 < len(family) <= MAX_FAMILY or not family.isprintable():
        raise BadRequest(f"family is a name of 1 to {MAX_FAMILY} characters")
    return family


def _uploaded() -> dict[str, bytes]:
    """Read the files of the request, whatever their parts are called."""
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("A deployment is sent as multipart/form-data.")
    files: dict[str, bytes] = {}
    for upload in chain.from_iterable(request.files.listvalues()):
        name = _checked(upload.filename or "")
        if name in files:
            raise BadRequest(f"two files are called {name}")
        files[name] = upload.read()
    if not files:
        raise BadRequest("a deployment needs at least one file")
    return files


def _checked(name: str) -> str:
    parts = name.split("/")
    if len(name) > MAX_NAME or not name.isprintable() or "\\" in name or {"", ".", ".."} & {*parts}:
        raise BadRequest("a file needs a plain name such as process.bpmn or texts/en.json")
    return name


def _listed(deployed: deployments.Deployed, files: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    nothing = dict.fromkeys(Metadata().fields)
    for definition in deployed.definitions:
        yield nothing | {"process_definition": _process(definition)}
    names = {resource.key: resource.name for resource in deployed.deployment.resources}
    for key, decisions in groupby(deployed.decisions, key=lambda one: one.resource_key):
        first, *others = decisions
        yield nothing | {"decision_requirements": _requirements(first, names[key])}
        for decision in (first, *others):
            yield nothing | {"decision_definition": _decision(decision, names[key])}
    drawn = {json.loads(files[name])["id"]: name for name in files if name.endswith(".form")}
    for form in deployed.forms:
        if form.form_id in drawn:  # the others stand in a diagram
            yield nothing | {"form": _form(form, drawn[form.form_id])}


def _process(definition: ProcessDefinition) -> dict[str, Any]:
    return {
        "process_definition_id": definition.process_id,
        "process_definition_version": definition.version,
        "process_definition_key": definition.key,
        "resource_name": definition.resource.name,
        "tenant_id": DEFAULT_TENANT,
    }


def _form(form: Form, name: str) -> dict[str, Any]:
    return {
        "form_id": form.form_id,
        "version": form.version,
        "form_key": form.key,
        "resource_name": name,
        "tenant_id": DEFAULT_TENANT,
    }


def _requirements(decision: Decision, name: str) -> dict[str, Any]:
    return {
        "decision_requirements_id": Path(name).stem,
        "decision_requirements_name": Path(name).stem,
        "version": decision.version,
        "decision_requirements_key": decision.resource_key,
        "resource_name": name,
        "tenant_id": DEFAULT_TENANT,
    }


def _decision(decision: Decision, name: str) -> dict[str, Any]:
    return {
        "decision_definition_id": decision.decision_id,
        "version": decision.version,
        "name": decision.name,
        "decision_definition_key": decision.key,
        "decision_requirements_id": Path(name).stem,
        "decision_requirements_key": decision.resource_key,
        "tenant_id": DEFAULT_TENANT,
    }
