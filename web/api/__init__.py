"""The REST API under /v2, one module per noun; each exposes a flask-smorest `blueprint`."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask
from flask_smorest import Api

from web.extensions import csrf

SETTINGS = {
    "API_TITLE": "Guicheng",
    "API_VERSION": "v2",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/v2",
    "OPENAPI_JSON_PATH": "openapi.json",
}


def register(app: Flask) -> None:
    """Register every module of this package that has a blueprint; tokens and Basic credentials take the place of CSRF."""
    app.config.update(SETTINGS)
    api = Api(app)
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "blueprint"):
            csrf.exempt(module.blueprint)
            api.register_blueprint(module.blueprint)
