"""A conversation that outlives the server."""

from pathlib import Path

from tests.server import running_server


def test_a_name_is_remembered_over_three_turns_and_a_restart(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = server.client()
        first = client.responses.create(model="tiny", input="My name is Anna.", temperature=0, max_output_tokens=60)
        second = client.responses.create(
            model="tiny",
            input="What is the capital of France?",
            previous_response_id=first.id,
            temperature=0,
            max_output_tokens=60,
        )
    with running_server(tmp_path) as server:
        third = server.client().responses.create(
            model="tiny",
            input="What is my name?",
            previous_response_id=second.id,
            temperature=0,
            max_output_tokens=60,
        )
    assert "Anna" in third.output_text
