"""The REST API under /v2, one module per noun; each exposes a flask-smorest `blueprint`."""

from __future__ import annotations

import importlib
import pkgutil
from http import HTTPStatus

from flask import Flask
from flask_smorest import Api
from werkzeug.routing import BaseConverter

from web.api.problems import MEDIA_TYPE, ProblemDetail
from web.api.schemas import KEY_PATTERN, Key
from web.extensions import csrf

SETTINGS = {
    "API_TITLE": "Guicheng",
    "API_VERSION": "v2",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/v2",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "The paths and shapes of the Camunda 8 Orchestration Cluster API. A tenant is a site."
        },
        "security": [{"basic": []}, {"bearer": []}],
    },
}
SECURITY = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


class KeyConverter(BaseConverter):
    """A key in a path; anything else is a path we do not have."""

    regex = "[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        """Give the key as the engine has it."""
        return int(value)


class Described(Api):  # type: ignore[misc]
    """The API's description; refusals are problem details, and the pages keep their own error handlers."""

    ERROR_SCHEMA = ProblemDetail

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        content = {MEDIA_TYPE: {"schema": self.ERROR_SCHEMA}}
        for status in HTTPStatus:
            response = {"description": status.phrase, "content": content}
            self.spec.components.response(status.name, response, lazy=True)
        default = {"description": "Why the request was refused", "content": content}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)


def register(app: Flask) -> None:
    """Register every module of this package that has a blueprint; tokens and Basic credentials take the place of CSRF."""
    app.config.update(SETTINGS)
    app.url_map.converters["key"] = KeyConverter
    api = Described(app)
    api.register_field(Key, "string", None)
    api.register_converter(KeyConverter, lambda _: {"type": "string", "pattern": KEY_PATTERN})
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "blueprint"):
            csrf.exempt(module.blueprint)
            api.register_blueprint(module.blueprint)
