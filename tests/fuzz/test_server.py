"""Requests that nobody would write: whatever comes, the server answers, and not with its own fault."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puna.server import description
from tests.server import RunningServer

NEEDS_A_REGISTRY = ["/api/pull", "/api/push"]
SHORT = {"max_tokens": 2, "max_output_tokens": 2, "n": 1, "best_of": 1}


OPERATIONS = [
    (method.upper(), path)
    for path, operations in description()["paths"].items()
    for method in operations
    if path not in NEEDS_A_REGISTRY
]


@pytest.fixture(scope="session")
def described() -> Any:
    """The operations of the description, which generate requests."""
    import schemathesis  # takes a second

    return schemathesis.openapi.from_dict(description())


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_is_the_servers_fault(method: str, path: str, described: Any, server: RunningServer) -> None:
    @given(described[path][method].as_strategy())
    def answered(case: Any) -> None:
        shorten(case.body)
        answer = case.call(base_url=server.url, timeout=60)
        assert answer.status_code < 500 or answer.status_code in (501, 502, 507), answer.text
        if answer.status_code >= 400 and case.method != "HEAD":
            assert "error" in answer.json()

    answered()


def shorten(body: Any) -> None:
    """Have less generated: it is about what is asked, not about what is answered."""
    if isinstance(body, dict):
        body.update({name: value for name, value in SHORT.items() if isinstance(body.get(name), int)})
        if isinstance(body.get("options"), dict):
            body["options"]["num_predict"] = 2


PATTERNS = st.text("[]()|*+?{},0-9\\dwsb^$.ax", max_size=40) | st.sampled_from(
    [
        "(" * 10_000 + ")" * 10_000,
        "(a*)*" * 100,
        "a{1,1000}{1,1000}{1,1000}",
        "[" * 1000,
        "(?:" * 500 + "a" + ")" * 500,
    ]
)
LARK = st.lists(
    st.sampled_from(["start", ":", " ", "x", "X", "|", '"a"', "/a/", "(", ")", "*", "+", "\n", "%ignore", "~", "1"]),
    max_size=30,
).map("".join) | st.sampled_from(["start: " + "(" * 5000 + '"a"' + ")" * 5000, "start: start", "start: start start"])


@given(PATTERNS)
def test_patterns(server: RunningServer, pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
    answers(server, response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})
    answers(server, **custom({"syntax": "regex", "definition": pattern}))


@given(LARK)
def test_lark(server: RunningServer, grammar: str) -> None:
    answers(server, **custom({"syntax": "lark", "definition": grammar}))


def custom(grammar: dict[str, str]) -> dict[str, Any]:
    """A tool that has to be called, with a text of that grammar."""
    form = {"type": "grammar", "grammar": grammar}
    return {"tools": [{"type": "custom", "custom": {"name": "c", "format": form}}], "tool_choice": "required"}


def answers(server: RunningServer, **fields: Any) -> None:
    """The server answers a chat, or says what is wrong with the request."""
    body = {"model": "tiny", "messages": [{"role": "user", "content": "x"}], "max_tokens": 3, **fields}
    with server.http() as http:
        answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code in (200, 400, 422), answer.text
