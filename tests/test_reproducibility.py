"""What docs/compatibility.md promises of a seed, with weights that make thousands of tokens about equally likely."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai

from tests.server import RunningServer, running_server
from tests.stored_models import add_model, write_micro_model

PROMPT = "Say something that nobody has said before. " * 8


@contextmanager
def flat_server(home: Path, **environment: str) -> Iterator[RunningServer]:
    add_model(home / "models", "flat", write_micro_model(home / "flat.gguf"))
    with running_server(home, **environment) as server:
        yield server


async def say(client: openai.AsyncOpenAI, prompt: str, *, tokens: int = 40, seed: int = 7, n: int = 1) -> list[str]:
    """The text of each choice."""
    answer = await client.chat.completions.create(
        model="flat",
        messages=[{"role": "user", "content": prompt}],
        max_tokens=tokens,
        temperature=1,
        seed=seed,
        n=n,
    )
    return [choice.message.content or "" for choice in answer.choices]


async def test_a_request_that_is_alone_says_the_same_whatever_ran_before(tmp_path: Path) -> None:
    with flat_server(tmp_path, PUNA_NUM_PARALLEL="0") as server:
        async with server.async_client() as client:
            first = [await say(client, PROMPT), await say(client, PROMPT, n=4)]
            again = [await say(client, PROMPT), await say(client, PROMPT, n=4)]
            await say(client, PROMPT[:200] + "Or better not.", tokens=30)
            await say(client, "Tell me of the sea. " * 20, tokens=90)
            later = [await say(client, PROMPT, n=4), await say(client, PROMPT)]
    assert first == again == later[::-1]
    assert len(set(first[1])) == 4


async def test_one_request_after_another_says_the_same_in_company(tmp_path: Path) -> None:
    with flat_server(tmp_path, PUNA_NUM_PARALLEL="1") as server:
        async with server.async_client() as client:
            alone, again = await say(client, PROMPT), await say(client, PROMPT)
            others = [
                say(client, f"{place}. " + "How are you? " * place, tokens=10 + 9 * place) for place in range(8)
            ]
            answers = await asyncio.gather(*others[:4], say(client, PROMPT), *others[4:])
    assert answers[4] == alone == again


async def test_choices_and_prompts_that_share_an_engine_say_the_same_again(tmp_path: Path) -> None:
    """In whatever order the engine's slots are free."""
    prompts = [PROMPT, "Tell me of the sea. " * 5, "x"]
    with flat_server(tmp_path, PUNA_NUM_PARALLEL="2") as server:
        async with server.async_client() as client:
            answers = []
            for _ in range(3):
                completed = await client.completions.create(
                    model="flat", prompt=prompts, max_tokens=30, temperature=1, seed=7, n=2
                )
                answers.append([choice.text for choice in completed.choices])
                await say(client, prompts[1], tokens=5)
                answers[-1] += await say(client, PROMPT, n=4)
    assert answers[0] == answers[1] == answers[2]
    assert len({*answers[0][:6]}) == 6
