"""`python -m tests.coverage`: write bpmn/COVERAGE.md from the shipped bundles and the catalogue."""

from __future__ import annotations

from tests.coverage import report


def main() -> None:
    """Write the report."""
    report.PAGE.write_text(report.page(), encoding="utf-8")


if __name__ == "__main__":
    main()
