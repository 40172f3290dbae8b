"""Prompts that outlive their engine in files."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from puna.api.openai import defaults
from puna.core.events import Done, TextDelta, Usage
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.engine import GeneratingEngine
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.saved import LEAST, PromptFolder, SavedPrompt, common
from tests.stored_models import micro_launch, write_micro_model

Turn = tuple[Role, str]
LONG = "Of the sea, the wind and the harbour there is much to be told. " * 80
OTHER = "Mountains are high, and whoever climbs one has a long way down. " * 80


@pytest.fixture
def launch(tmp_path: Path) -> LlamaLaunch:
    weights = write_micro_model(tmp_path / "micro.gguf", context=8192)
    plain = micro_launch(weights, context=8192)
    return replace(plain, prompt_cache=2**28, prompt_files=tmp_path / "prompts" / "here")


@asynccontextmanager
async def engine(launch: LlamaLaunch) -> AsyncIterator[GeneratingEngine]:
    """An engine that is unloaded at the end, as one that may come back."""
    started = await launch.start()
    assert isinstance(started, GeneratingEngine)
    try:
        yield started
    finally:
        await started.unload()


async def say(engine: GeneratingEngine, *turns: Turn, seed: int | None = None) -> tuple[str, Usage]:
    sampling = Sampling(max_tokens=8, temperature=0.0, seed=seed).over(defaults.CHAT)
    messages = tuple(Message(role=role, content=(Text(text),)) for role, text in turns)
    events = [event async for event in engine.chat(ChatRequest(messages=messages, sampling=sampling))]
    [done] = [event for event in events if isinstance(event, Done)]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), done.usage


async def first_logprob(engine: GeneratingEngine) -> float:
    """What the model finds of the first token of an answer: it has seen the whole prompt if that is as before."""
    sampling = Sampling(max_tokens=1, temperature=0.0).over(defaults.CHAT)
    messages = (Message(role="user", content=(Text(OTHER),)),)
    events = [event async for event in engine.chat(ChatRequest(messages=messages, sampling=sampling, logprobs=0))]
    [text] = [event for event in events if isinstance(event, TextDelta)]
    return text.logprobs[0].logprob


async def test_conversations_come_back_after_an_unload(launch: LlamaLaunch) -> None:
    assert launch.prompt_files
    async with engine(launch) as first:
        answer, _ = await say(first, ("user", LONG))
        computed = await first_logprob(first)
        await say(first, ("user", "short"))
    assert len([*launch.prompt_files.iterdir()]) == 1 + 2  # the lock, and the two that are long
    async with engine(launch) as second:
        _, seeded = await say(second, ("user", OTHER), seed=1)
        _, back = await say(second, ("user", LONG), ("assistant", answer), ("user", "And then?"))
        read = await first_logprob(second)
        _, other = await say(second, ("user", OTHER))
    assert seeded.cached_tokens == 0
    assert read == pytest.approx(computed, abs=0.02)
    for usage in (back, other):
        assert usage.cached_tokens > 0.9 * usage.prompt_tokens


async def test_an_engine_that_is_closed_for_good_leaves_nothing(launch: LlamaLaunch) -> None:
    assert launch.prompt_files
    started = await launch.start()
    assert isinstance(started, GeneratingEngine)
    await say(started, ("user", LONG))
    await started.close()
    assert [file.name for file in launch.prompt_files.iterdir()] == ["lock"]


def test_the_prompt_that_has_most_in_common_is_given_once(launch: LlamaLaunch, tmp_path: Path) -> None:
    folder = PromptFolder(tmp_path / "files")
    one, two = SavedPrompt(LONG, tmp_path / "1", 10), SavedPrompt(LONG + OTHER, tmp_path / "2", 10)
    folder.put(launch, [one, two])
    assert folder.take(replace(launch, sequences=5), LONG) is None
    assert folder.take(launch, OTHER) is None
    assert folder.take(launch, LONG[: LEAST - 1]) is None
    assert folder.take(launch, LONG + OTHER + "more") == two
    assert folder.take(launch, LONG + OTHER + "more") == one
    assert folder.take(launch, LONG) is None


def test_files_take_no_more_than_the_memory_for_prompts(launch: LlamaLaunch, tmp_path: Path) -> None:
    folder = PromptFolder(tmp_path)
    launch = replace(launch, prompt_cache=100)
    prompts = [SavedPrompt(LONG + str(number), tmp_path / str(number), 40) for number in range(4)]
    for prompt in prompts:
        prompt.file.touch()
        folder.put(launch, [prompt])
    assert [prompt.file.exists() for prompt in prompts] == [False, False, True, True]
    assert folder.saved[launch] == [prompts[3], prompts[2]]


def test_what_servers_that_are_gone_have_left_is_deleted(tmp_path: Path) -> None:
    gone, here = tmp_path / "gone", PromptFolder(tmp_path / "here")
    gone.mkdir()
    (gone / "prompt").write_text("x")
    here.prepare()
    other = PromptFolder(tmp_path / "other")
    other.prepare()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "other"]
    assert (tmp_path / "here").stat().st_mode & 0o777 == 0o700
    here.close()
    other.close()
    assert not [*tmp_path.iterdir()]


def test_engines_that_start_together_have_one_folder(tmp_path: Path) -> None:
    folder = PromptFolder(tmp_path / "prompts" / "mine")
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: folder.prepare(), range(8)))
    assert (folder.folder.parent.stat().st_mode & 0o077, folder.folder.stat().st_mode & 0o077) == (0, 0)
    folder.close()
    assert not folder.folder.exists()


def test_texts_begin_alike_for_so_many_characters() -> None:
    assert [common("", "a"), common("abc", "abd"), common("abc", "abc"), common("ab", "abc")] == [0, 2, 3, 2]
