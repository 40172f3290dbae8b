"""Why something does not hold with a template."""

ENGINES = "only the engine's parser reads its calls; what it refuses comes out as the text that it is"
CHANNELS = "its marks are of several tokens with words between them, which Puna's probes do not put together"

DEVIATIONS: dict[str, dict[str, str]] = {
    "Kimi-K3": dict.fromkeys(
        (
            "one_call",
            "a_call_with_odd_text",
            "text_and_a_call",
            "two_calls",
            "a_required_call",
            "a_named_call",
            "a_schema",
            "a_stop_sequence",
        ),
        CHANNELS,
    ),
    "muse-glimmer": dict.fromkeys(("a_required_call", "a_named_call", "a_schema"), CHANNELS)
    | {"a_stop_sequence": ENGINES},
    "meetkai-functionary-medium-v3.2": dict.fromkeys(("text_and_a_call", "two_calls", "a_stop_sequence"), ENGINES),
    "openbmb-MiniCPM5-1B": {"a_call_with_odd_text": "it writes odd arguments in CDATA, which is read as it stands"},
    "tencent-Hy3": {"thinking": "it thinks only where it is asked to, and the case does not ask"},
}
"""By template and case."""


def reason_for(template: str, case: str) -> str | None:
    return DEVIATIONS.get(template, {}).get(case)
