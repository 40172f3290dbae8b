"""Why something does not hold with a template."""

DEVIATIONS: dict[str, dict[str, str]] = {}
"""By template and case."""


def reason_for(template: str, case: str) -> str | None:
    return DEVIATIONS.get(template, {}).get(case)
