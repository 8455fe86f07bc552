"""The shape of form-js JSON, as far as forms use it: what has the wrong type never gets further."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from engine.forms.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEY: Final = re.compile(r"[^\W\d]\w{0,63}")
"""Keys of values: FEEL names without spaces or operators, Chinese letters allowed."""

_SHORT = validate.Length(max=500)
_LONG = validate.Length(max=10_000)


class _Scalar(fields.Field[Any]):
    """A string, number or boolean."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: Any) -> object:
        if isinstance(value, str | int | float):
            return value
        raise self.make_error("validator_failed")


class _Plain(Schema):
    class Meta:
        """What form-js writes and forms do not use is left alone."""

        unknown = EXCLUDE


def _line() -> fields.Field[Any]:
    return fields.String(validate=_SHORT, allow_none=True)


def _text() -> fields.Field[Any]:
    return fields.String(validate=_LONG, allow_none=True)


def _flag() -> fields.Field[Any]:
    return fields.Boolean(truthy={True}, falsy={False}, allow_none=True)


def _scalar() -> fields.Field[Any]:
    return _Scalar(allow_none=True)


def _whole(least: int, most: int) -> fields.Field[Any]:
    return fields.Integer(strict=True, validate=validate.Range(least, most), allow_none=True)


def _word(*words: str) -> fields.Field[Any]:
    return fields.String(validate=validate.OneOf(words), allow_none=True)


def _object(schema: type[Schema] | Callable[[], Schema]) -> fields.Field[Any]:
    return fields.Nested(schema, allow_none=True)


def _list(schema: type[Schema] | Callable[[], Schema]) -> fields.Field[Any]:
    return fields.List(fields.Nested(schema), validate=_SHORT, allow_none=True)


def _properties() -> fields.Field[Any]:
    return fields.Dict(fields.String(), _Scalar(), allow_none=True)


def _all(make: Callable[[], fields.Field[Any]], *names: str) -> dict[str, fields.Field[Any]]:
    return {name: make() for name in names}


_Limits = _Plain.from_dict(
    {
        "required": _flag(),
        **_all(_scalar, "minLength", "maxLength", "min", "max"),
        **_all(_line, "pattern", "patternErrorMessage"),
        "validationType": _word("", "custom", "email", "phone", "id_number", "identity_document"),
    }
)
_Condition = _Plain.from_dict({"hide": _text()})
_Layout = _Plain.from_dict({"row": _line(), "columns": _whole(1, 16)})
_Appearance = _Plain.from_dict(_all(_line, "prefixAdorner", "suffixAdorner"))
_Option = _Plain.from_dict({"label": _scalar(), "value": _Scalar(required=True)})
_Column = _Plain.from_dict({"key": fields.String(required=True, validate=_SHORT), "label": _line()})


def _component() -> Schema:
    return _Component()


_Component = _Plain.from_dict(
    {
        "type": fields.String(required=True, validate=_SHORT),
        **_all(_line, "id", "key", "path", "label", "dateLabel", "timeLabel", "accept"),
        **_all(
            _text,
            "description",
            "text",
            "expression",
            "valuesExpression",
            "valuesKey",
            "dataSource",
        ),
        **_all(
            _flag,
            "disabled",
            "serializeToString",
            "multiple",
            "allowAddRemove",
            "showOutline",
            "disallowPassedDates",
        ),
        "subtype": _word("date", "time", "datetime"),
        "readonly": _scalar(),
        "decimalDigits": _whole(0, 9),
        "defaultRepetitions": _whole(0, 200),
        "timeInterval": _whole(1, 1440),
        "validate": _object(_Limits),
        "conditional": _object(_Condition),
        "layout": _object(_Layout),
        "appearance": _object(_Appearance),
        "properties": _properties(),
        "values": _list(_Option),
        "columns": _list(_Column),
        "components": _list(_component),
    }
)
_Form = _Plain.from_dict(
    {
        "id": fields.String(required=True, validate=validate.Length(1, 200)),
        "properties": _properties(),
        "components": fields.List(fields.Nested(_Component), required=True),
    }
)


def findings_of_structure(schema: Mapping[str, Any]) -> Iterator[Finding]:
    """Give one finding for every value of the wrong type, by its place in the JSON (`components.3.validate`)."""
    try:
        _Form().load(schema)
    except ValidationError as error:
        for place, messages in flat(error.messages):
            yield Finding(
                "malformed", place, {"reason": " ".join(str(message) for message in messages)}
            )


def flat(messages: object, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Give marshmallow's nested messages as path and list."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            # "_schema" is marshmallow's name for the object itself.
            below = path if step == "_schema" else f"{path}.{step}" if path else str(step)
            yield from flat(inner, below)
    else:
        yield path, messages if isinstance(messages, list) else [messages]
