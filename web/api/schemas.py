"""What all request and response bodies have in common: camelCase outside, keys as strings, instants in UTC."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from marshmallow import Schema, ValidationError, fields

KEY_PATTERN = "^[0-9]{1,16}$"
DEFAULT_TENANT = "<default>"
MAX_TEXT = 255


def camel(name: str) -> str:
    """Give the outside name of a field: `due_date` is dueDate."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def instant(moment: dt.datetime | None) -> str | None:
    """Write an instant as ISO 8601 in UTC."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if moment else None


class Body(Schema):
    """A request body; fields it does not know are refused."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Name fields outside in camelCase unless they have another name there."""
        if field_obj.data_key is None:
            field_obj.data_key = camel(field_name)


class Result(Body):
    """A response body; every field is always there."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Describe each field as present."""
        super().on_bind_field(field_name, field_obj)
        field_obj.required = True


class Key(fields.Field[int]):
    """A key: digits in a string outside, a number inside."""

    default_error_messages = {"invalid": "Not a key: it must be digits in a string."}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        metadata = {"pattern": KEY_PATTERN} | options.pop("metadata", {})
        super().__init__(metadata=metadata, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        return read_key(value)


class Instant(fields.DateTime):
    """An instant; one without a zone is refused, for nobody could know when it is."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return instant(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dt.datetime:
        return read_instant(value)


def read_key(value: object) -> int:
    """Read a key. Raises ValidationError."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{1,16}", value, re.ASCII):
        raise ValidationError("Not a key: it must be digits in a string.")
    return int(value)


def read_instant(value: object) -> dt.datetime:
    """Read an ISO 8601 instant with a zone. Raises ValidationError."""
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise ValidationError("Not an instant in ISO 8601 with a time zone.")


def text(**options: Any) -> fields.String:
    """A text of a request that has room in a database column."""
    longest = options.pop("longest", MAX_TEXT)
    shortest = options.pop("shortest", 0)
    return fields.String(validate=_length(shortest, longest), **options)


def _length(shortest: int, longest: int) -> Any:
    from marshmallow.validate import Length

    return Length(min=shortest, max=longest)
