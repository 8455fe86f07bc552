"""A noun of the API: a blueprint that knows its caller, reads strictly and refuses with problem details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask import request
from flask_smorest import Blueprint
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.errors import EngineError
from web.api import bodies, credentials, problems

REFUSALS = {"400": "BAD_REQUEST", "401": "UNAUTHORIZED", "403": "FORBIDDEN"}
ABOUT_A_KEY = {"404": "NOT_FOUND"}
ABOUT_A_STATE = {"409": "CONFLICT"}

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """What leaves the type of a view as it is."""

    def __call__(self, view: View, /) -> View:
        """Give the view with more done around it."""


class Noun(Blueprint):  # type: ignore[misc]
    """The views of one noun under /v2. `public` ones answer anybody."""

    ARGUMENTS_PARSER = bodies.StrictParser()

    def __init__(self, name: str, *, public: bool = False, longest: int = bodies.MAX_BYTES) -> None:
        super().__init__(f"api_{name}", __name__, url_prefix="/v2")
        self._longest = longest
        self.before_request(self._limit)
        if not public:
            self.before_request(credentials.identify)
            credentials.throttle(self)
            credentials.throttle_address(self)
        self.register_error_handler(EngineError, problems.of_engine)
        self.register_error_handler(HTTPException, problems.of_http)
        self.register_error_handler(OperationalError, problems.of_database)
        self._prepare_doc_cbks.append(self._describe_refusals)
        self._public = public

    def get(self, rule: str, **options: Any) -> Decorator:
        """Answer GET at a path below /v2."""
        return self._typed(super().get(rule, **options))

    def post(self, rule: str, **options: Any) -> Decorator:
        """Answer POST at a path below /v2."""
        return self._typed(super().post(rule, **options))

    def put(self, rule: str, **options: Any) -> Decorator:
        """Answer PUT at a path below /v2."""
        return self._typed(super().put(rule, **options))

    def patch(self, rule: str, **options: Any) -> Decorator:
        """Answer PATCH at a path below /v2."""
        return self._typed(super().patch(rule, **options))

    def delete(self, rule: str, **options: Any) -> Decorator:
        """Answer DELETE at a path below /v2."""
        return self._typed(super().delete(rule, **options))

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """Read the body, or what else `location` names, by a schema; it becomes the view's first argument."""
        return self._typed(super().arguments(schema, **options))

    def response(self, status: int, schema: Any = None, **options: Any) -> Decorator:
        """Write what the view gives by a schema."""
        return self._typed(super().response(status, schema, **options))

    def alt_response(self, status: int, **options: Any) -> Decorator:
        """Describe another answer."""
        return self._typed(super().alt_response(status, **options))

    def described(self, **options: Any) -> Decorator:
        """Describe what cannot be told from schemas."""
        return self._typed(self.doc(**options))

    def _typed(self, decorator: Any) -> Decorator:
        typed: Decorator = decorator
        return typed

    def _limit(self) -> None:
        request.max_content_length = self._longest

    def _describe_refusals(
        self, doc: dict[str, Any], doc_info: Any, *, method: str, **_: Any
    ) -> dict[str, Any]:
        refusals = {} if self._public else dict(REFUSALS)
        if method != "get":
            refusals |= ABOUT_A_STATE
        for status, name in (refusals | ABOUT_A_KEY).items():
            doc.setdefault("responses", {}).setdefault(status, name)
        if self._public:
            doc["security"] = []
        return doc
