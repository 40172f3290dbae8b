"""Why something does not hold with a template."""

ENGINES = "only the engine's parser reads its calls; what it refuses comes out as the text that it is"
ESCAPES = (
    "characters beyond ASCII are `\\u` escapes in its calls; held arguments take these for control characters only"
)

DEVIATIONS: dict[str, dict[str, str]] = {
    "Reka-Edge": {"a_call_with_odd_text": ESCAPES},
    "meetkai-functionary-medium-v3.2": dict.fromkeys(("text_and_a_call", "two_calls"), ENGINES),
}
"""By template and case."""


def reason_for(template: str, case: str) -> str | None:
    return DEVIATIONS.get(template, {}).get(case)
