"""Staff: the people of the caller's sites and the roles they may hold, to be read. Accounts are kept on the pages."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import or_, select

from engine.errors import NotFound
from engine.models.identity import Membership, User
from engine.staff import roles
from engine.staff.roles import Role
from web.api.credentials import actor
from web.api.filters import TEXT
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("staff")


class UserResult(Result):
    """Somebody who works at a site of the caller."""

    username = fields.String()
    name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)


class RoleResult(Result):
    """A role of the company; `escalatesTo` is the next one on the ladder (an extension)."""

    role_id = fields.String()
    name = fields.String()
    description = fields.String(allow_none=True)
    escalates_to = fields.String(allow_none=True)


class RoleUserResult(Result):
    """Somebody who holds a role at a site of the caller."""

    username = fields.String()


SEARCH = Search(
    "User",
    {"username": Property(TEXT, User.username), "name": Property(TEXT, User.name)},
    User.id,
)
OF_ROLE = Search("RoleUser", {"username": Property(TEXT, User.username)}, User.id)
ROLES = Listing("Role", {"role_id": TEXT, "name": TEXT}, "role_id")


def _rows(role: str | None = None) -> Rows:
    here = or_(Membership.site_id.in_(actor().site_ids), Membership.site_id.is_(None))
    known = select(Membership.user_id).where(here)
    known = known.where(Membership.role == role) if role else known
    return select(User).where(User.active, User.id.in_(known))


def _user(user: User) -> dict[str, Any]:
    return {"username": user.username, "name": user.name, "email": None}


def _role(role: Role) -> dict[str, Any]:
    return {
        "role_id": role.key,
        "name": role.zh,
        "description": role.en,
        "escalates_to": role.escalates_to,
    }


def _of_id(role_id: str) -> Role:
    if role_id not in roles.catalogue():
        raise NotFound(noun="role", key=role_id)
    return roles.catalogue()[role_id]


@blueprint.post("/users/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("User", UserResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the active people of the caller's sites."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_user(row[0]) for row in found.rows], "page": found.page}


@blueprint.get("/users/<string(maxlength=64):username>")
@blueprint.response(200, UserResult)
def get(username: str) -> dict[str, Any]:
    """Give somebody who works at a site of the caller."""
    found = session.scalar(_rows().where(User.username == username))
    if found is None:
        raise NotFound(noun="user", key=username)
    return _user(found)


@blueprint.post("/roles/search")
@blueprint.arguments(ROLES.request, required=False)
@blueprint.response(200, results("Role", RoleResult))
def search_roles(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the roles of the company."""
    return ROLES.run([_role(one) for one in roles.catalogue().values()], asked)


@blueprint.get("/roles/<string(maxlength=64):role_id>")
@blueprint.response(200, RoleResult)
def get_role(role_id: str) -> dict[str, Any]:
    """Give a role."""
    return _role(_of_id(role_id))


@blueprint.post("/roles/<string(maxlength=64):role_id>/users/search")
@blueprint.arguments(OF_ROLE.request, required=False)
@blueprint.response(200, results("RoleUser", RoleUserResult))
def search_role(asked: dict[str, Any], role_id: str) -> dict[str, Any]:
    """Search who holds a role at the caller's sites."""
    found = OF_ROLE.run(session, _rows(_of_id(role_id).key), asked)
    return {"items": [{"username": row[0].username} for row in found.rows], "page": found.page}
