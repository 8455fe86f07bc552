"""What makes a scenario fail: a step that cannot be done, or something expected that does not hold."""

from __future__ import annotations

from engine.errors import EngineError


class ScenarioFailed(EngineError):
    """Step {step} ({type}): {reason}."""

    code = "scenario_failed"


class Unmet(ScenarioFailed):
    """What a scenario expects does not hold: {reason}."""

    code = "scenario_unmet"


class Differs(Unmet):
    """{what} is {found}, not {wanted}."""

    code = "scenario_differs"


class NoTask(Unmet):
    """There is no such task {element} ({state}); open are: {open}."""

    code = "scenario_no_task"


class NotRefused(Unmet):
    """{actor} should have been refused at {element}."""

    code = "scenario_not_refused"


class OtherRefusal(Unmet):
    """The refusal should have named {missing}, but was: {got}."""

    code = "scenario_other_refusal"


class OtherState(Unmet):
    """{element} is {found}, not {wanted}."""

    code = "scenario_other_state"


class NoInstance(Unmet):
    """There is no instance of {process_id}."""

    code = "scenario_no_instance"


class NoVariable(Unmet):
    """There is no variable {name}."""

    code = "scenario_no_variable"


class TooLong(Unmet):
    """The process ran too long without waiting for anybody."""

    code = "scenario_too_long"
