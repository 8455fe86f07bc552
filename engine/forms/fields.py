"""marshmallow fields of the components: what a browser or the API sends becomes clean JSON, or a FieldError.

Every field accepts its own output unchanged, and reads blank input as None. Whether a value may be blank, and what
depends on variables, is judged later (`engine.forms.checks`).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from marshmallow import ValidationError, fields
from marshmallow.experimental.context import Context

from engine import money
from engine.errors import FieldError
from engine.forms import errors
from engine.forms.numbers import check_document, check_id_number, check_phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.forms.components import Component

MAX_LINE: Final = 500
MAX_TEXT: Final = 5_000
MAX_ROWS: Final = 200
MAX_FILES: Final = 30
MAX_CHOICES: Final = 500
MAX_NUMBER: Final = Decimal(10**15)
"""Numbers are doubles in FEEL: whole ones are exact below this."""


class Reading(NamedTuple):
    """How a schema reads: the zone of dates without one, and whether values are JSON rather than typed text."""

    zone: tzinfo = UTC
    typed: bool = False


Mode = Context[Reading]
"""Set while a schema loads."""

# Control, surrogate, private-use and unassigned characters; of the control ones, tab and newline are text.
_BAD: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def fail(error: FieldError) -> ValidationError:
    """Carry one of our errors through marshmallow."""
    return ValidationError([error])


class _Field(fields.Field[Any]):
    """Blank is None; `read` gets anything else."""

    def __init__(self, component: Component | None = None) -> None:
        super().__init__(allow_none=True)
        self.component = component

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            return None
        return self.read(value)

    def read(self, value: object) -> Any:
        """Clean one value that is not blank. Raises ValidationError."""
        raise NotImplementedError


def text_of(value: object, limit: int, *, lines: bool = False) -> str:
    """Clean a text: no control characters or lone surrogates, one kind of newline, no blanks around it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise fail(errors.Malformed())
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if _BAD.search(text) or (not lines and "\n" in text):
        raise fail(errors.BadCharacters())
    if len(text) > limit:
        raise fail(errors.TooLong(limit=limit, length=len(text)))
    return text


class Text(_Field):
    """textfield, textarea, and what names something (unit, person, attachment)."""

    lines = False
    longest = MAX_LINE

    def read(self, value: object) -> str | None:
        """Clean a text and check the kind of it (`validationType`)."""
        text = text_of(value, self.longest, lines=self.lines)
        check = self._check()
        return (check(text) if check else text) or None

    def _check(self) -> Callable[[str], str] | None:
        if self.component is None:
            return None
        kind = self.component.limits.get("validationType") or ""
        if (
            not kind
            and self.component.personal == "id_number"
            and not self.component.limits.get("pattern")
        ):
            kind = "identity_document"
        return _KINDS.get(kind)


class Lines(Text):
    """textarea."""

    lines = True
    longest = MAX_TEXT


def _email(text: str) -> str:
    try:
        return str(fields.Email().deserialize(text))
    except ValidationError:
        raise fail(errors.NotAnEmail()) from None


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            return check(text)
        except FieldError as error:
            raise fail(error) from None

    return read


_KINDS: Final[dict[str, Callable[[str], str]]] = {
    "email": _email,
    "phone": _checked(check_phone),
    "id_number": _checked(check_id_number),
    "identity_document": _checked(check_document),
}


class Number(_Field):
    """number: an int when it has no decimals, else a float; a string with `serializeToString`."""

    def read(self, value: object) -> int | float | str:
        """Accept 1,234.5 and full-width digits; refuse infinities and more decimals than allowed."""
        number = _decimal(value)
        digits = self.component.data.get("decimalDigits") if self.component else None
        exponent = number.normalize().as_tuple().exponent
        if digits is not None and isinstance(exponent, int) and -exponent > digits:
            raise fail(errors.TooManyDecimals(limit=digits))
        if self.component and self.component.data.get("serializeToString"):
            return f"{number:f}"
        return int(number) if number == number.to_integral_value() else float(number)


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise fail(errors.NotANumber())
    plain = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", str(value)[:64]))
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise fail(errors.NotANumber()) from None
    if not number.is_finite() or "_" in plain:
        raise fail(errors.NotANumber())
    if abs(number) > MAX_NUMBER:
        raise fail(errors.TooLarge(limit=int(MAX_NUMBER)))
    # Beyond these digits a double would not give back what was typed.
    return round(number, 9).normalize()


class Money(_Field):
    """money: a string is yuan as people write it, an integer is fen as programs do."""

    def read(self, value: object) -> int:
        """Give integer fen; refused is what could be either (a float, or text among typed values)."""
        if isinstance(value, bool) or not isinstance(
            value, int if Mode.get(Reading()).typed else str | int
        ):
            raise fail(errors.NotAnAmount())
        try:
            fen = value if isinstance(value, int) else money.parse(value)
        except ValueError:
            raise fail(errors.NotAnAmount()) from None
        if abs(fen) >= money.LIMIT:
            raise fail(errors.TooLarge(limit=money.yuan(money.LIMIT - 1)))
        return fen


class Flag(_Field):
    """checkbox."""

    def read(self, value: object) -> bool:
        """Accept JSON booleans and what browsers send."""
        for answer, words in (
            (True, (True, "true", "on", "1", 1)),
            (False, (False, "false", "off", "0", 0)),
        ):
            if isinstance(value, bool | str | int) and value in words:
                return answer
        raise fail(errors.Malformed())


class Moment(_Field):
    """datetime: `2026-11-20`, `10:42`, or for both an ISO moment in UTC (`2026-11-20T02:42:00Z`)."""

    def read(self, value: object) -> str:
        """Read ISO notation; a moment without a zone is meant in the zone of the context."""
        subtype = self.component.subtype if self.component else "date"
        reader, wrong = _MOMENTS[subtype]
        if not isinstance(value, str) or len(value) > 40:  # noqa: PLR2004 - longer than any ISO moment
            raise fail(wrong())
        try:
            return reader(value.strip())
        except (ValueError, OverflowError):
            raise fail(wrong()) from None


def _date(text: str) -> str:
    return _sane(
        date.fromisoformat(text[:10] if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", text) else text)
    ).isoformat()


def _time(text: str) -> str:
    return (
        time.fromisoformat(text).replace(tzinfo=None, second=0, microsecond=0).isoformat("minutes")
    )


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=Mode.get(Reading()).zone)
    moment = moment.astimezone(UTC).replace(microsecond=0)
    _sane(moment.date())
    return moment.isoformat().replace("+00:00", "Z")


def _sane(day: date) -> date:
    # A slip of the finger in the year (0206, 20266) is far likelier than such a date.
    if not 1850 <= day.year <= 2200:  # noqa: PLR2004
        raise ValueError(day)
    return day


_MOMENTS: Final[dict[str, tuple[Callable[[str], str], type[FieldError]]]] = {
    "date": (_date, errors.NotADate),
    "time": (_time, errors.NotATime),
    "datetime": (_moment, errors.NotADatetime),
}
