"""The application for a WSGI server, configured by the environment: `waitress-serve web.wsgi:application`."""

from __future__ import annotations

from web import create_app
from web.config import Config

application = create_app(Config.from_environment())
