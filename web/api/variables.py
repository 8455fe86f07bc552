"""Variables: looked up at a process instance, a scope in it, or a user task; never across instances."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from marshmallow import ValidationError, fields
from sqlalchemy import select
from sqlalchemy.orm import undefer
from werkzeug.exceptions import BadRequest

from engine import instances, tasks
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.task import CREATED, UserTask
from web.api import listing
from web.api.credentials import actor
from web.api.filters import FLAG, KEY, TEXT, Kind
from web.api.noun import Noun
from web.api.schemas import Key, Result
from web.api.search import results
from web.extensions import engine, session

blueprint = Noun("variables")
