"""What clients ask first: what the server is, and who they are to it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import request
from marshmallow import fields
from sqlalchemy import select

from engine.models.identity import Site
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Result
from web.extensions import session

blueprint = Noun("cluster")

API_VERSION = "8.10.0"  # the version of the paths and shapes, which is what clients look at


def _version() -> str:
    try:
        return f"{API_VERSION}+guicheng.{version('guicheng')}"
    except PackageNotFoundError:
        return f"{API_VERSION}+guicheng"


class Partition(Result):
    """The one partition of the one broker."""

    partition_id = fields.Integer()
    role = fields.String()
    health = fields.String()
    state = fields.String()


class Broker(Result):
    """This server."""

    node_id = fields.Integer()
    broker_id = fields.String()
    host = fields.String()
    port = fields.Integer()
    partitions = fields.List(fields.Nested(Partition))
    version = fields.String()


class Topology(Result):
    """One broker with one partition, whatever runs behind it."""

    brokers = fields.List(fields.Nested(Broker))
    cluster_id = fields.String(allow_none=True)
    cluster_size = fields.Integer()
    partitions_count = fields.Integer()
    replication_factor = fields.Integer()
    gateway_version = fields.String()
    last_completed_change_id = fields.String()


class Tenant(Result):
    """A site of the caller."""

    tenant_id = fields.String()
    name = fields.String()
    description = fields.String(allow_none=True)


class Me(Result):
    """The caller: sites as tenants, roles of all of them together."""

    username = fields.String()
    display_name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    authorized_components = fields.List(fields.String())
    tenants = fields.List(fields.Nested(Tenant))
    groups = fields.List(fields.String())
    roles = fields.List(fields.String())
    sales_plan_type = fields.String(allow_none=True)
    c8_links = fields.Dict(keys=fields.String(), values=fields.String())
    can_logout = fields.Boolean()


@blueprint.get("/topology")
@blueprint.response(200, Topology)
def topology() -> dict[str, Any]:
    """Describe the server as a cluster of one."""
    partition = {"partition_id": 1, "role": "leader", "health": "healthy", "state": "active"}
    host, _, port = request.host.rpartition(":")
    broker = {
        "node_id": 0,
        "broker_id": "0",
        "host": host or request.host,
        "port": int(port) if host and port.isdecimal() else 80,
        "partitions": [partition],
        "version": _version(),
    }
    return {
        "brokers": [broker],
        "cluster_id": None,
        "cluster_size": 1,
        "partitions_count": 1,
        "replication_factor": 1,
        "gateway_version": _version(),
        "last_completed_change_id": "-1",
    }


@blueprint.get("/authentication/me")
@blueprint.response(200, Me)
def me() -> dict[str, Any]:
    """Tell who the caller is, at which sites and with which roles."""
    who = actor()
    sites = session.scalars(select(Site).where(Site.id.in_(who.site_ids)).order_by(Site.key))
    return {
        "username": who.username,
        "display_name": who.name,
        "email": None,
        "authorized_components": [],
        "tenants": [
            {"tenant_id": site.key, "name": site.name, "description": None} for site in sites
        ],
        "groups": [],
        "roles": sorted({role for held in who.roles.values() for role in held}),
        "sales_plan_type": None,
        "c8_links": {},
        "can_logout": False,
    }
