"""What can be wrong with a form, and with what was entered into one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import FieldError, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a form is refused; `component` is its path or id, empty for the form itself."""

    code: str
    component: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """English, for logs and the API."""
        details = ", ".join(f"{name} {value}" for name, value in self.params.items())
        return ": ".join(
            part for part in (self.component, self.code.replace("_", " "), details) if part
        )


class InvalidForm(Rejected):
    """The form cannot be used: {reason}."""

    code = "invalid_form"

    def __init__(self, findings: Sequence[Finding], **params: Any) -> None:
        """`findings` is everything the gate found, never empty."""
        self.findings = list(findings)
        reason = "; ".join(finding.message for finding in self.findings)
        super().__init__(**{"reason": reason, "findings": self.findings, **params})


class Required(FieldError):
    """This field is required."""

    code = "required"


class Malformed(FieldError):
    """This value has the wrong shape."""

    code = "malformed"


class BadCharacters(FieldError):
    """This text contains characters that cannot be stored."""

    code = "bad_characters"


class TooLong(FieldError):
    """At most {limit} characters; there are {length}."""

    code = "too_long"


class TooShort(FieldError):
    """At least {limit} characters; there are {length}."""

    code = "too_short"


class PatternMismatch(FieldError):
    """This does not have the expected form. {hint}"""  # noqa: D400 - the hint ends the sentence

    code = "pattern_mismatch"


class NotANumber(FieldError):
    """This is not a number."""

    code = "not_a_number"


class TooManyDecimals(FieldError):
    """At most {limit} decimal places."""

    code = "too_many_decimals"


class TooSmall(FieldError):
    """At least {limit}."""

    code = "too_small"


class TooLarge(FieldError):
    """At most {limit}."""

    code = "too_large"


class NotAnAmount(FieldError):
    """This is not an amount of money such as 1,234.50."""

    code = "not_an_amount"


class NotADate(FieldError):
    """This is not a date such as 2026-11-20."""

    code = "not_a_date"


class NotATime(FieldError):
    """This is not a time such as 10:42."""

    code = "not_a_time"


class NotADatetime(FieldError):
    """This is not a date and time such as 2026-11-20 10:42."""

    code = "not_a_datetime"


class DatePassed(FieldError):
    """This date has passed."""

    code = "date_passed"


class DateAhead(FieldError):
    """This has happened: its time cannot be later than now."""

    code = "date_ahead"


class TooEarly(FieldError):
    """Not before {limit}."""

    code = "too_early"


class TooLate(FieldError):
    """Not after {limit}."""

    code = "too_late"


class RuleViolated(FieldError):
    """This does not fit what else is known: {hint}."""

    code = "rule_violated"


class NotAnEmail(FieldError):
    """This is not an e-mail address."""

    code = "not_an_email"


class NotAPhone(FieldError):
    """This is not a telephone number."""

    code = "not_a_phone"


class MobileLength(FieldError):
    """A mobile number has {expected} digits; there are {length}."""

    code = "mobile_length"


class IdNumberLength(FieldError):
    """An identity number has {expected} characters; there are {length}."""

    code = "id_number_length"


class IdNumberInvalid(FieldError):
    """This identity number does not exist; compare it with the card."""

    code = "id_number_invalid"


class NotADocumentNumber(FieldError):
    """This is not the number of an identity card, passport or travel permit."""

    code = "not_a_document_number"


class NotAnOption(FieldError):
    """This is not one of the choices."""

    code = "not_an_option"


class TooManyItems(FieldError):
    """At most {limit} entries."""

    code = "too_many_items"


class TooFewItems(FieldError):
    """At least {limit} entries."""

    code = "too_few_items"


class UnknownUnit(FieldError):
    """There is no unit {value} at this site."""

    code = "unknown_unit"


class UnknownPerson(FieldError):
    """There is nobody called {value} at this site."""

    code = "unknown_person"


class UnknownAttachment(FieldError):
    """This file is not one that you uploaded."""

    code = "unknown_attachment"


class DocumentOriginalMissing(FieldError):
    """The original of {name} has not been seen."""

    code = "document_original_missing"


class DocumentCopyMissing(FieldError):
    """The copy of {name} has not been taken."""

    code = "document_copy_missing"
