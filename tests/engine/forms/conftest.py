from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from engine.errors import InvalidVariables
from engine.expressions import Feel
from engine.forms import Form

NOW = datetime(2026, 11, 20, 10, 42, tzinfo=ZoneInfo("Asia/Shanghai"))


class Site:
    """A site with two units and two people; uploads of the actor are called `mine-…`."""

    units: ClassVar = {
        "3-2-1201": "3-2-1201",
        "3栋2单元1201": "3-2-1201",
        "A座101": "A-101",
        "A-101": "A-101",
    }

    def unit(self, label: str) -> str | None:
        return self.units.get(label)

    def person(self, username: str) -> bool:
        return username in {"huang", "wang"}

    def attachment(self, key: str) -> bool:
        return key.startswith("mine-")


@pytest.fixture(scope="session")
def feel() -> Iterator[Feel]:
    with_limits = Feel()
    yield with_limits
    with_limits.close()


@pytest.fixture
def form(feel: Feel) -> Callable[..., Form]:
    """Make a form of components."""

    def make(*components: dict[str, Any], **more: Any) -> Form:
        return Form.from_json(
            {"type": "default", "id": "f", "components": list(components), **more}, feel=feel
        )

    return make


@pytest.fixture
def submit(feel: Feel) -> Callable[..., dict[str, Any]]:
    """Validate against a form; the answer of a refusal is under `errors` as code by path."""

    def run(
        form: Form, raw: Any, context: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        return form.validate(raw, context or {}, feel=feel, resolver=Site(), now=NOW, **more)

    return run


@pytest.fixture
def refusals(submit: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Give what a form refuses: code by path, with the parameters where there are any."""

    def run(
        form: Form, raw: Any, context: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        try:
            submit(form, raw, context, **more)
        except InvalidVariables as refusal:
            return {
                path: (errors[0].code, errors[0].params) if errors[0].params else errors[0].code
                for path, errors in refusal.errors.items()
            }
        return {}

    return run
