"""The marshmallow schema of a form: types, lengths and shapes of everything it can take in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from engine.errors import FieldError
from engine.forms import errors
from engine.forms.components import LISTS_OF_FILES, SOME_OF, Component, members
from engine.forms.fields import (
    MAX_CHOICES,
    MAX_FILES,
    MAX_ROWS,
    Flag,
    Lines,
    Moment,
    Money,
    Number,
    Text,
    fail,
)
from engine.forms.structure import flat

if TYPE_CHECKING:
    from collections.abc import Mapping

ROW: Final = "_row"
"""In a raw row: the number of the row of the variable that it was made from. In a read row also, without a number,
whatever the row brought along that no client may write."""


class _Values(Schema):
    class Meta:
        """What the form does not name is dropped."""

        unknown = EXCLUDE
        register = False


class Items(fields.List[Any]):
    """A list that is measured before it is read, and keeps the place of what is wrong in it."""

    def __init__(self, inner: fields.Field[Any], limit: int) -> None:
        super().__init__(inner, allow_none=True)
        self.limit = limit

    def _deserialize(
        self, value: object, attr: str | None, data: object, **kwargs: Any
    ) -> list[Any]:
        items = [value] if isinstance(value, str) and value else value or []
        if not isinstance(items, list):
            raise fail(errors.Malformed())
        if len(items) > self.limit:
            raise fail(errors.TooManyItems(limit=self.limit))
        read, wrong = [], {}
        for place, item in enumerate(items):
            try:
                read.append(self.inner.deserialize(item))
            except ValidationError as error:
                read.append(error.valid_data)
                wrong[place] = error.messages
        if wrong:
            raise ValidationError(wrong, valid_data=read)
        return read


class Chosen(Items):
    """checklist, taglist and files: texts, each once, blanks dropped."""

    def _deserialize(
        self, value: object, attr: str | None, data: object, **kwargs: Any
    ) -> list[Any]:
        read = super()._deserialize(value, attr, data, **kwargs)
        return list(dict.fromkeys(item for item in read if item is not None))


class Ticked(_Values):
    """One row of a document checklist."""

    id = Text()
    original = Flag()
    copy = Flag()
    photos = Chosen(Text(), MAX_FILES)


def schema_of(components: tuple[Component, ...]) -> Schema:
    """Build the schema of one scope. Read-only components are not in it: no client can send them."""
    own = members(components, writable=True)
    return _Values.from_dict(
        {each.key: _field(each, inner) for each, inner in own if each.type != "expression"}
    )()


def load(
    schema: Schema, raw: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[FieldError]]]:
    """Read what was sent: what could be read, and what is wrong by path. Nothing is raised."""
    try:
        return dict(schema.load(raw)), {}
    except ValidationError as error:
        return dict(error.valid_data or {}), {
            path: _own(messages) for path, messages in flat(error.messages)
        }


def _own(messages: list[Any]) -> list[FieldError]:
    return [each if isinstance(each, FieldError) else errors.Malformed() for each in messages]


def _field(component: Component, children: tuple[Component, ...]) -> fields.Field[Any]:
    if component.type == "group":
        return fields.Nested(schema_of(children), allow_none=True)
    if component.type == "dynamiclist":
        return Items(_Row(schema_of(children)), MAX_ROWS)
    if component.type in SOME_OF:
        return Chosen(Text(), MAX_CHOICES)
    if component.type in LISTS_OF_FILES:
        return Chosen(Text(), MAX_FILES)
    if component.type == "documents":
        return Items(fields.Nested(Ticked), MAX_ROWS)
    kind: type[Any] = _SIMPLE.get(component.type, Text)
    field: fields.Field[Any] = kind(component)
    return field


class _Row(fields.Nested):
    """One row, with what tells from which row of the variable it was made."""

    def _deserialize(
        self, value: Any, attr: Any, data: Any, partial: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError([errors.Malformed()], valid_data={})
        read, wrong = load(self.schema, value)
        kept = {**read, ROW: self._origin(value)}
        if wrong:
            raise ValidationError(wrong, valid_data=kept)
        return kept

    def _origin(self, row: dict[str, Any]) -> int | dict[str, Any]:
        number = str(row.get(ROW, ""))
        if number.isascii() and number.isdecimal() and len(number) < len(str(MAX_ROWS * 10)):
            return int(number)
        return {
            key: value for key, value in row.items() if key not in self.schema.fields and key != ROW
        }


_SIMPLE: Final[dict[str, type[Any]]] = {
    "textarea": Lines,
    "number": Number,
    "money": Money,
    "checkbox": Flag,
    "datetime": Moment,
}
