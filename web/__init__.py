"""The web application: server-rendered pages for people and the REST API, over one engine."""

from __future__ import annotations

from flask import Flask, Response
from sqlalchemy.pool import NullPool

from engine.engine import Engine
from web import api, cli, errors, locales, manifest, pages, shell, signin, typed
from web.broker import Bell
from web.bytecode import Bytecode
from web.config import Config
from web.extensions import babel, csrf, db, guard_session, limiter

CSP = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def create_app(config: Config) -> Flask:
    """Make the application. It expects a database that `engine.schema.upgrade` brought up to date."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config.update(_flask_settings(config))
    app.extensions["config"] = config
    app.jinja_env.bytecode_cache = Bytecode()  # templates compile once, not at every start
    for extension in (db, csrf, limiter):
        extension.init_app(app)
    babel.init_app(app, locale_selector=locales.select, timezone_selector=locales.zone)
    with app.app_context():
        app.extensions["guicheng"] = Engine(
            db.engine, home=config.home, secret=config.secret, clock=config.clock
        )
        guard_session()
    if config.broker_url:
        app.extensions["guicheng"].on_work(Bell(config.broker_url))
    manifest.register(app)
    shell.register(app)
    errors.register(app)
    app.before_request(signin.identify)
    app.before_request(typed.refuse_unkept)
    app.after_request(_harden)
    cli.register(app)
    pages.register(app)
    api.register(app)
    return app


def _flask_settings(config: Config) -> dict[str, object]:
    pool: dict[str, object] = {
        "pool_size": config.pool_size,
        "max_overflow": 0,
        "pool_pre_ping": True,
    }
    options: dict[str, object] = {"poolclass": NullPool} if config.testing else pool
    return {
        "SECRET_KEY": config.secret,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SESSION_COOKIE_SECURE": config.secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
        "MAX_FORM_PARTS": 5000,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "TESTING": config.testing,
        "RATELIMIT_ENABLED": not config.testing,
        "RATELIMIT_STORAGE_URI": config.counts_url,
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,  # each process counts for itself while Redis is away
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "PUBLIC_URL": config.public_url,
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _harden(response: Response) -> Response:
    """Say what browsers may do with our pages."""
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=()")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
