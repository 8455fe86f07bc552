"""A form: what its JSON means for the variables of a process instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from engine.errors import InvalidVariables
from engine.expressions import feel as shared_feel
from engine.forms import facts, gate
from engine.forms.checks import Resolver, check, resolve_units
from engine.forms.components import INPUTS, Component, every, leaves
from engine.forms.defaults import initial, without_blank_rows
from engine.forms.errors import Finding, InvalidForm, Malformed
from engine.forms.fields import Mode, Reading
from engine.forms.outcome import outcome
from engine.forms.schema import load, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from marshmallow import Schema

    from engine.errors import FieldError
    from engine.expressions import Feel


@dataclass(frozen=True)
class Form:
    """A form that passed the gate; immutable, shared between requests.

    `now` of the methods is an aware moment *in the zone of the site*: dates without a zone are meant there, and
    FEEL's `today()` is its day. Moments in variables are UTC (`2026-11-20T02:42:00Z`), money is integer fen.
    """

    id: str
    components: tuple[Component, ...]
    schema: Mapping[str, Any]

    @classmethod
    def from_json(cls, schema: Mapping[str, Any], *, feel: Feel | None = None) -> Self:
        """Check a form-js schema and read it. Raises InvalidForm with every finding, and then keeps nothing."""
        components = gate.components_of(schema)
        findings = [*_findings_of_rules(components, feel or shared_feel())]
        if findings:
            raise InvalidForm(findings)
        return cls(str(schema["id"]), components, schema)

    @classmethod
    def from_bytes(cls, text: bytes, *, feel: Feel | None = None) -> Self:
        """Check and read a `.form` file: as `from_json`, and UTF-8, at most 300 KB, no duplicate keys, no NaN."""
        return cls.from_json(gate.read(text), feel=feel)

    def fields(self) -> Iterator[Component]:
        """Give every field that holds a value, in reading order; `path` has stars for rows (`keys.*.count`)."""
        return leaves(self.components)

    @cached_property
    def personal_paths(self) -> Mapping[str, str]:
        """Where personal data is: path to kind (name, phone, id_number, address)."""
        return {field.path: field.personal for field in self.fields() if field.personal}

    @cached_property
    def changing(self) -> bool:
        """Say whether what is visible, offered or filled in depends on what is entered."""
        return any(
            component.rules or component.properties.get("fill")
            for component in every(self.components)
        )

    def initial(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Give what the fields hold when the form is opened: the variable of the same key, else the default.

        Signatures are never taken over. Rows carry `_row`, the number of the row they show.
        """
        return initial(self.components, context)

    def facts(
        self,
        raw: Mapping[str, Any],
        context: Mapping[str, Any],
        *,
        feel: Feel | None = None,
        now: datetime | None = None,
    ) -> facts.Facts:
        """Give what is visible, required, offered and computed while `raw` stands in the fields. Raises nothing."""
        moment = now or _now()
        sent, _ = self._read(raw, moment)
        return facts.find(self.components, sent, context, feel or shared_feel(), moment, show=True)

    def validate(
        self,
        raw: Mapping[str, Any],
        context: Mapping[str, Any],
        *,
        resolver: Resolver,
        feel: Feel | None = None,
        now: datetime | None = None,
        typed: bool = False,
    ) -> dict[str, Any]:
        """Turn a submission into clean variables; `context` is the instance's variables, which stay as they are.

        Fields that are hidden or not sent are left out (a hidden one that has a value becomes None; a required one that
        has a value need not be sent, but a signature always is new), read-only ones keep their value, computed ones are computed, blank is None. Text for money is yuan, an integer is fen; `typed` values (JSON of a
        program) must be fen. What
        this returns is returned again unchanged. Raises InvalidVariables with every FieldError by concrete path; rows
        are counted without blank ones.
        """
        if not isinstance(raw, dict):
            raise InvalidVariables({"": [Malformed()]})
        moment, interpreter = now or _now(), feel or shared_feel()
        sent, wrong = self._read(
            without_blank_rows(self.components, raw, context), moment, typed=typed
        )
        wrong |= resolve_units(self.components, sent, resolver)
        found = facts.find(self.components, sent, context, interpreter, moment)
        faults = check(found, wrong, feel=interpreter, resolver=resolver, now=moment)
        if faults:
            raise InvalidVariables({path: list(each) for path, each in faults.items()})
        return outcome(self.components, sent, found)

    def _read(
        self, raw: Mapping[str, Any], now: datetime, *, typed: bool = False
    ) -> tuple[dict[str, Any], dict[str, list[FieldError]]]:
        with Mode(Reading(now.tzinfo or UTC, typed)):
            return load(self._schema, raw)

    @cached_property
    def _schema(self) -> Schema:
        return schema_of(self.components)


def _now() -> datetime:
    return datetime.now(ZoneInfo("Asia/Shanghai"))


def _findings_of_rules(components: tuple[Component, ...], feel: Feel) -> Iterator[Finding]:
    rules = [(component, name) for component in every(components) for name in component.rules]
    faults = feel.compile_many([component.rules[name] for component, name in rules])
    for (component, name), fault in zip(rules, faults, strict=True):
        if fault:
            params = {"property": name, "expression": component.rules[name], "reason": fault}
            yield Finding("bad_expression", component.path, params)
    yield from _findings_of_patterns(components, feel)


def _findings_of_patterns(components: tuple[Component, ...], feel: Feel) -> Iterator[Finding]:
    fields = [
        each for each in every(components) if each.type in INPUTS and each.limits.get("pattern")
    ]
    if not fields:
        return
    patterns = {f"p{number}": field.limits["pattern"] for number, field in enumerate(fields)}
    results = feel.batch([f'matches("", {name})' for name in patterns], patterns)
    for field, result in zip(fields, results, strict=True):
        if not isinstance(result.value, bool):
            yield Finding("bad_pattern", field.path, {"pattern": field.limits["pattern"]})
