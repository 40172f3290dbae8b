"""Pictures on their way through a real engine. Its weights are random: it sees, and understands nothing."""

import base64
import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion

from puna.library.bundled import bundled
from tests.pictures import half
from tests.projector import IMAGE_TOKENS, write_projector
from tests.server import RunningServer, running_server
from tests.stored_models import add_model, write_micro_model

TINY = bundled()
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
SAME = 2e-3
"""How far two computations of the same may be apart: a part of the prompt may come from the cache."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with `micro`, whose weights are random, and `tiny-sees`, each with a projector. It may fetch from
    this machine."""
    home = tmp_path_factory.mktemp("home")
    for name, weights, width in (
        ("micro", write_micro_model(home / "micro.gguf"), 64),
        ("tiny-sees", TINY.weights if TINY else None, 160),
    ):
        assert weights is not None
        projector = write_projector(home / f"{name}.mmproj.gguf", embedding=width)
        add_model(home / "models", name, weights, projector=projector)
    with running_server(home, PUNA_IMAGE_HOSTS="127.0.0.1") as server:
        yield server


def uri(color: str, form: str = "PNG") -> str:
    return f"data:image/{form.lower()};base64,{base64.b64encode(half(color, form)).decode()}"


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


def see(client: openai.OpenAI, *parts: dict[str, Any], model: str = "micro", **fields: Any) -> ChatCompletion:
    """What the model says of those parts; one token with its alternatives where nothing else is asked for."""
    defaults = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 20}
    messages: Any = [{"role": "user", "content": list(parts)}]
    answer: ChatCompletion = client.chat.completions.create(model=model, messages=messages, **{**defaults, **fields})
    return answer


def prompt_tokens(answer: ChatCompletion) -> int:
    assert answer.usage is not None
    return answer.usage.prompt_tokens


def logprobs(answer: ChatCompletion) -> dict[str, float]:
    """The alternatives of the first token."""
    found = answer.choices[0].logprobs
    assert found is not None
    assert found.content is not None
    return {token.token: token.logprob for token in found.content[0].top_logprobs}


def distance(one: ChatCompletion, other: ChatCompletion) -> float:
    """The largest difference between log probabilities of tokens that are likely in both."""
    first, second = logprobs(one), logprobs(other)
    common = first.keys() & second.keys()
    return max(abs(first[token] - second[token]) for token in common) if common else float("inf")


@pytest.mark.parametrize("model", ["micro", "tiny-sees"])
@pytest.mark.parametrize("way", [{}, {"logprobs": None, "top_logprobs": None}], ids=["prompted", "native"])
def test_a_picture_is_its_tokens_of_the_prompt(client: openai.OpenAI, model: str, way: dict[str, Any]) -> None:
    blind = prompt_tokens(see(client, text("ab"), model=model, **way))
    one = prompt_tokens(see(client, text("ab"), image(uri("red")), model=model, **way))
    two = prompt_tokens(see(client, text("ab"), image(uri("red")), image(uri("blue")), model=model, **way))
    assert (one - blind, two - blind) == (IMAGE_TOKENS, 2 * IMAGE_TOKENS)


@pytest.mark.parametrize("model", ["micro", "tiny-sees"])
def test_another_picture_is_seen_and_the_same_one_again(client: openai.OpenAI, model: str) -> None:
    red, blue, again = (
        see(client, text("What is this?"), image(uri(color)), model=model) for color in ("red", "blue", "red")
    )
    assert distance(red, again) < SAME
    assert distance(red, blue) > 10 * SAME


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_shows_the_same_picture(client: openai.OpenAI, form: str) -> None:
    expected, found = see(client, image(uri("red"))), see(client, image(uri("red", form)))
    assert prompt_tokens(found) == prompt_tokens(expected)
    assert distance(expected, found) < (0.05 if form == "JPEG" else SAME)


def test_bare_base64_shows_the_same_picture(client: openai.OpenAI) -> None:
    bare = base64.b64encode(half("red")).decode()
    assert distance(see(client, image(uri("red"))), see(client, image(bare))) < SAME


@pytest.fixture
def website(tmp_path: Path) -> Iterator[str]:
    """A web server on this machine that has `red.webp`."""
    (tmp_path / "red.webp").write_bytes(half("red", "WEBP"))
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{web.server_port}"
        finally:
            web.shutdown()
            thread.join()


def test_an_address_shows_the_same_picture(client: openai.OpenAI, website: str) -> None:
    assert distance(see(client, image(uri("red"))), see(client, image(f"{website}/red.webp"))) < SAME
    with pytest.raises(openai.BadRequestError, match="404") as refused:
        see(client, image(f"{website}/blue.webp"))
    assert (refused.value.param, refused.value.code) == ("messages[0].content[0].image_url.url", "invalid_image_url")


def test_pictures_and_texts_keep_their_order(client: openai.OpenAI) -> None:
    red, blue = image(uri("red")), image(uri("blue"))
    orders = ([red, blue, text("a")], [blue, red, text("a")], [text("a"), red, blue], [red, text("a"), blue])
    answers = [see(client, *parts) for parts in orders]
    assert len({prompt_tokens(answer) for answer in answers}) == 1
    for place, one in enumerate(answers):
        assert all(distance(one, other) > SAME for other in answers[:place])


def test_texts_beside_one_another_are_lines_of_one_text(client: openai.OpenAI) -> None:
    whole, pieces = [text("left\nright")], [text("left"), text("right")]
    assert distance(see(client, *whole, image(uri("red"))), see(client, *pieces, image(uri("red")))) < SAME


def test_pictures_of_earlier_turns_are_seen(client: openai.OpenAI) -> None:
    def ask(color: str) -> ChatCompletion:
        messages: Any = [
            {"role": "user", "content": [image(uri(color))]},
            {"role": "assistant", "content": "I see."},
            {"role": "user", "content": "What was it?"},
        ]
        return client.chat.completions.create(
            model="micro", messages=messages, max_tokens=1, temperature=0, logprobs=True, top_logprobs=20
        )

    assert distance(ask("red"), ask("red")) < SAME
    assert distance(ask("red"), ask("blue")) > 10 * SAME


def test_choices_share_a_picture(client: openai.OpenAI) -> None:
    answer = see(client, text("ab"), image(uri("red")), n=3, max_tokens=4)
    assert len(answer.choices) == 3
    assert len({choice.message.content for choice in answer.choices}) == 1
    assert prompt_tokens(answer) == prompt_tokens(see(client, text("ab"), image(uri("red"))))


def test_a_picture_streams(client: openai.OpenAI) -> None:
    fields: dict[str, Any] = {"logprobs": None, "top_logprobs": None, "max_tokens": 6}
    whole = see(client, text("ab"), image(uri("red")), **fields)
    messages: Any = [{"role": "user", "content": [text("ab"), image(uri("red"))]}]
    chunks = list(
        client.chat.completions.create(model="micro", messages=messages, max_tokens=6, temperature=0, stream=True)
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content


def test_an_answer_about_a_picture_keeps_to_a_schema(client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"color": {"enum": ["red", "blue"]}}, "required": ["color"]}
    answer = see(
        client,
        text("ab"),
        image(uri("red")),
        max_tokens=60,
        response_format={"type": "json_schema", "json_schema": {"name": "color", "schema": schema}},
    )
    assert json.loads(answer.choices[0].message.content or "")["color"] in ("red", "blue")


def test_a_forced_call_about_a_picture(client: openai.OpenAI) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
    answer = see(client, image(uri("red")), max_tokens=60, tools=[tool], tool_choice="required")
    calls = answer.choices[0].message.tool_calls
    assert calls
    assert {call.function.name for call in calls if call.type == "function"} == {"look"}


def test_the_tokens_of_an_answer_about_a_picture_make_up_its_text(client: openai.OpenAI) -> None:
    """Characters of several tokens, too: the grammar has it write some."""
    schema = {"type": "object", "properties": {"text": {"const": "né 日本 ok"}}, "required": ["text"]}
    answer = see(
        client,
        image(uri("red")),
        max_tokens=60,
        response_format={"type": "json_schema", "json_schema": {"name": "text", "schema": schema}},
    )
    [choice] = answer.choices
    assert choice.message.content
    assert "né 日本 ok" in choice.message.content
    assert choice.logprobs is not None
    tokens = choice.logprobs.content or []
    assert b"".join(bytes(token.bytes or []) for token in tokens).decode() == choice.message.content


def test_what_is_no_picture_is_refused_and_the_next_is_seen(client: openai.OpenAI) -> None:
    broken = "data:image/png;base64," + base64.b64encode(half("red")[:60]).decode()
    with pytest.raises(openai.BadRequestError) as refused:
        see(client, text("ab"), image(broken))
    assert (refused.value.param, refused.value.code) == ("messages[0].content[1].image_url.url", "invalid_image")
    assert see(client, image(uri("red"))).choices


def test_more_pictures_than_the_context_holds_are_refused_with_both_lengths(client: openai.OpenAI) -> None:
    too_many = [image(uri("red"))] * (2048 // IMAGE_TOKENS + 1)
    with pytest.raises(openai.BadRequestError) as refused:
        see(client, *too_many)
    assert refused.value.code == "context_length_exceeded"
    assert "2048" in refused.value.message
    assert see(client, image(uri("red"))).choices


def test_a_model_with_eyes_is_scored_and_embeds_like_any(client: openai.OpenAI) -> None:
    [embedded] = client.embeddings.create(model="micro", input="hello").data
    assert sum(number**2 for number in embedded.embedding) == pytest.approx(1, abs=1e-3)
    scored = client.completions.create(model="micro", prompt="hello", echo=True, logprobs=0, max_tokens=0)
    logprobs = scored.choices[0].logprobs
    assert logprobs is not None
    assert "".join(logprobs.tokens or []) == "hello"
    first, *rest = logprobs.token_logprobs or []
    assert first is None
    assert rest
    assert all(logprob < 0 for logprob in rest)


def test_an_address_may_stand_there_by_itself_as_in_ollamas_examples(client: openai.OpenAI) -> None:
    bare = {"type": "image_url", "image_url": uri("red")}
    as_object = {"type": "image_url", "image_url": {"url": uri("red"), "detail": "original"}}
    seen = [see(client, text("What's in this image?"), part) for part in (bare, as_object)]
    counts = [answer.usage.prompt_tokens for answer in seen if answer.usage]
    assert counts[0] == counts[1] > IMAGE_TOKENS


def test_a_picture_in_a_result_is_seen(client: openai.OpenAI) -> None:
    """The prompt with the tools in Puna's own words, as this template knows none."""
    tool: Any = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}

    def read(*output: dict[str, Any]) -> int:
        items: Any = [
            {"role": "user", "content": "Look around."},
            {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": list(output)},
        ]
        answer = client.responses.create(model="micro", input=items, tools=[tool], max_output_tokens=16, store=False)
        assert answer.usage
        return answer.usage.input_tokens

    words, more = [{"type": "input_text", "text": text} for text in ("A wall:", "And this is all.")]
    picture = {"type": "input_image", "image_url": uri("red")}
    assert read(words, picture, more) >= read(words, more) + 4
