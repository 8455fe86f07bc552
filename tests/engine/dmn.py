"""DMN documents for tests."""

from html import escape

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def document(*elements, namespace=NAMESPACE):
    """A document with these elements."""
    return f'<definitions xmlns="{namespace}" id="d" name="d">{"".join(elements)}</definitions>'.encode()


def table(
    policy,
    rules,
    *,
    id_="decision",
    name=None,
    source="amount",
    aggregation=None,
    values="",
    allowed="",
    default="",
):
    """A decision with a table of one input and one output, its rules `rule_1` and so on."""
    aggregated = f'aggregation="{aggregation}"' if aggregation else ""
    return (
        f'<decision id="{id_}" name="{name or id_}">'
        f'<decisionTable id="table" hitPolicy="{policy}" {aggregated}>'
        f"<input>{_part('inputExpression', source)}{_part('inputValues', values)}</input>"
        f'<output name="result">{_part("outputValues", allowed)}{_part("defaultOutputEntry", default)}</output>'
        f"{''.join(_rule(number, *rule) for number, rule in enumerate(rules, 1))}"
        "</decisionTable></decision>"
    )


def _rule(number, test, output):
    entries = _part("inputEntry", test) + _part("outputEntry", output)
    return f'<rule id="rule_{number}">{entries}</rule>'


def _part(element, text):
    return f"<{element}><text>{escape(text)}</text></{element}>" if text else ""
