"""Sites: as tenants, the way the clients know them, and with what else is known of a site (extensions)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import or_, select

from engine.errors import NotFound
from engine.models.identity import Membership, Site, User
from web.api.credentials import actor
from web.api.filters import TEXT
from web.api.noun import Noun
from web.api.schemas import Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("sites")


class TenantResult(Result):
    """A site as a tenant."""

    tenant_id = fields.String()
    name = fields.String()
    description = fields.String(allow_none=True)


class TenantUserResult(Result):
    """Somebody who works at a site."""

    username = fields.String()


class SiteResult(Result):
    """A place the company manages; its key is the tenant id."""

    site_key = fields.String()
    name = fields.String()
    name_en = fields.String(allow_none=True)
    kind = fields.String()
    timezone = fields.String()
    manager = fields.String(allow_none=True)


SEARCH = Search(
    "Tenant",
    {"tenant_id": Property(TEXT, Site.key), "name": Property(TEXT, Site.name)},
    Site.id,
)
SITES = Search(
    "Site",
    {
        "site_key": Property(TEXT, Site.key),
        "name": Property(TEXT, Site.name),
        "kind": Property(TEXT, Site.kind),
    },
    Site.id,
)
USERS = Search("TenantUser", {"username": Property(TEXT, User.username)}, User.id)


def _rows() -> Rows:
    return select(Site).where(Site.id.in_(actor().site_ids))


def of_key(site_key: str) -> Site:
    """Give a site where the caller works. Raises NotFound."""
    found: Site | None = session.scalar(_rows().where(Site.key == site_key))
    if found is None:
        raise NotFound(noun="site", key=site_key)
    return found


def working_at(site: Site) -> Rows:
    """Select the active people of a site."""
    here = or_(Membership.site_id == site.id, Membership.site_id.is_(None))
    known = select(Membership.user_id).where(here)
    return select(User).where(User.active, User.id.in_(known))


def _tenant(site: Site) -> dict[str, Any]:
    return {"tenant_id": site.key, "name": site.name, "description": site.name_en or None}


def _site(site: Site) -> dict[str, Any]:
    return {
        "site_key": site.key,
        "name": site.name,
        "name_en": site.name_en or None,
        "kind": site.kind,
        "timezone": site.timezone,
        "manager": site.manager or None,
    }


@blueprint.post("/tenants/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("Tenant", TenantResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the caller's sites, as tenants."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_tenant(row[0]) for row in found.rows], "page": found.page}


@blueprint.get("/tenants/<string(maxlength=64):tenant_id>")
@blueprint.response(200, TenantResult)
def get(tenant_id: str) -> dict[str, Any]:
    """Give a site of the caller, as a tenant."""
    return _tenant(of_key(tenant_id))


@blueprint.post("/tenants/<string(maxlength=64):tenant_id>/users/search")
@blueprint.arguments(USERS.request, required=False)
@blueprint.response(200, results("TenantUser", TenantUserResult))
def search_users(asked: dict[str, Any], tenant_id: str) -> dict[str, Any]:
    """Search the people who work at a site of the caller."""
    found = USERS.run(session, working_at(of_key(tenant_id)), asked)
    return {"items": [{"username": row[0].username} for row in found.rows], "page": found.page}


@blueprint.post("/sites/search")
@blueprint.arguments(SITES.request, required=False)
@blueprint.response(200, results("Site", SiteResult))
def search_sites(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the caller's sites (an extension)."""
    found = SITES.run(session, _rows(), asked)
    return {"items": [_site(row[0]) for row in found.rows], "page": found.page}


@blueprint.get("/sites/<string(maxlength=64):site_key>")
@blueprint.response(200, SiteResult)
def get_site(site_key: str) -> dict[str, Any]:
    """Give a site of the caller (an extension)."""
    return _site(of_key(site_key))
