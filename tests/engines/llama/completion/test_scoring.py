"""The log probabilities of given text, against an independent computation from the same weights."""

import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.random_model import SHAPES, Weights, write_random_model
from puna.core.completions import PromptRead, ScoreRequest
from puna.core.errors import ContextLengthExceeded, InvalidRequest
from puna.core.subjects import PromptAt
from puna.engines.llama.engine import ScoringEngine
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sizing import scoring_launch
from puna.engines.process.process import EngineProcess
from puna.formats.gguf import Metadata
from tests.reference_llama import Floats, ReferenceLlama
from tests.rewriting import rewrite
from tests.stored_models import micro_launch

Tokens = tuple[int, ...]

MEMORY = 16 * 2**30


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scoring") / "micro.gguf"
    write_random_model(path, SHAPES["micro"], weights=Weights.F16)
    return path


@pytest.fixture(scope="module")
def reference(weights: Path) -> ReferenceLlama:
    return ReferenceLlama(weights)


def some_tokens(count: int, seed: int = 0) -> Tokens:
    """Of a text of plain words; bytes are tested on their own."""
    return tuple(random.Random(seed).choices(range(300, 2048), k=count))


def fast(weights: Path) -> LlamaLaunch:
    return scoring_launch(micro_launch(weights), Metadata.read(weights), MEMORY)


@asynccontextmanager
async def running(launch: LlamaLaunch) -> AsyncIterator[ScoringEngine]:
    engine = await ScoringEngine(launch, await EngineProcess.start(launch), math.inf).ready(math.inf)
    try:
        yield engine
    finally:
        await engine.close()


async def score(engine: ScoringEngine, *prompts: str | Tokens, alternatives: int = 0) -> list[PromptRead]:
    return [read async for read in engine.score(ScoreRequest(prompts=prompts, alternatives=alternatives))]


def assert_right(read: PromptRead, expected: Floats, alternatives: int) -> None:
    """Each token's log probability, and the likeliest tokens with theirs, are what the reference says."""
    first, *others = read.tokens
    assert (first.logprob, first.top) == (None, ())
    for row, token in zip(expected, others, strict=False):
        assert token.logprob == pytest.approx(row[token.id], abs=1e-2)
        assert [other.logprob for other in token.top] == pytest.approx(
            [row[other.id] for other in token.top], abs=1e-2
        )
        best = np.sort(row)[::-1][:alternatives]
        assert [other.logprob for other in token.top] == pytest.approx(best, abs=1e-2)


@pytest.mark.parametrize("way", ["hidden states", "forced tokens"])
async def test_given_tokens_get_the_log_probabilities_that_the_weights_give_them(
    weights: Path, reference: ReferenceLlama, way: str
) -> None:
    tokens = some_tokens(50)
    async with running(fast(weights) if way == "hidden states" else micro_launch(weights)) as engine:
        [read] = await score(engine, tokens, alternatives=3)
    assert tuple(token.id for token in read.tokens) == tokens
    assert_right(read, reference.logprobs(list(tokens)), 3)


async def test_many_prompts_of_any_length_are_scored_in_order(weights: Path, reference: ReferenceLlama) -> None:
    prompts = [some_tokens(length, seed=length) for length in (1, 2, 300, 30, 400, 200, 1)]
    async with running(fast(weights)) as engine:
        reads = await score(engine, *prompts, alternatives=1)
    assert [read.index for read in reads] == list(range(len(prompts)))
    for read, prompt in zip(reads, prompts, strict=True):
        assert tuple(token.id for token in read.tokens) == prompt
        assert_right(read, reference.logprobs(list(prompt)), 1)


async def test_a_text_longer_than_a_batch_is_scored_too(weights: Path, reference: ReferenceLlama) -> None:
    tokens = some_tokens(70)
    async with running(replace(fast(weights), batch_tokens=64)) as engine:
        [short, long] = await score(engine, tokens[:40], tokens)
    assert_right(short, reference.logprobs(list(tokens[:40])), 0)
    assert_right(long, reference.logprobs(list(tokens)), 0)


async def test_long_text_of_quantised_weights_is_scored_as_exactly_as_short_text(tmp_path: Path) -> None:
    weights = tmp_path / "micro.gguf"
    write_random_model(weights, replace(SHAPES["micro"], context=4096), weights=Weights.Q8_0)
    tokens = some_tokens(3100)
    async with running(scoring_launch(micro_launch(weights, context=4096), Metadata.read(weights), MEMORY)) as engine:
        [read] = await score(engine, tokens, alternatives=1)
    assert tuple(token.id for token in read.tokens) == tokens
    assert_right(read, ReferenceLlama(weights).logprobs(list(tokens)), 1)


def test_a_batch_takes_no_more_than_its_part_of_the_memory(weights: Path) -> None:
    metadata, launch = Metadata.read(weights), micro_launch(weights)
    assert scoring_launch(launch, metadata, MEMORY).batch_tokens == launch.context_length
    assert scoring_launch(launch, metadata, 4 * 1000 * (8 * 2048 + 130 * 64)).batch_tokens == 1000
    assert scoring_launch(launch, metadata, 2**20).batch_tokens == 512


@pytest.mark.parametrize("way", ["hidden states", "forced tokens"])
async def test_parts_of_characters_and_ends_of_text_are_scored_like_other_tokens(
    weights: Path, reference: ReferenceLlama, way: str
) -> None:
    async with running(fast(weights) if way == "hidden states" else micro_launch(weights)) as engine:
        [read] = await score(engine, "né<|im_end|>ok 日本", alternatives=2)
    ids = [token.id for token in read.tokens]
    assert b"".join(token.data for token in read.tokens).decode() == "né<|im_end|>ok 日本"
    assert b"\xc3" in [token.data for token in read.tokens]
    assert_right(read, reference.logprobs(ids), 2)


async def test_quantised_weights_are_scored_as_well_by_hidden_states(tmp_path: Path) -> None:
    """The engine's own numbers are further away: it quantises what it multiplies the output matrix with."""
    weights = tmp_path / "micro.gguf"
    write_random_model(weights, SHAPES["micro"], weights=Weights.Q8_0)
    tokens = some_tokens(50)
    table = ReferenceLlama(weights).logprobs(list(tokens))
    expected = np.array([table[place, token] for place, token in enumerate(tokens[1:])])
    errors = []
    for launch in (fast(weights), micro_launch(weights)):
        async with running(launch) as engine:
            [read] = await score(engine, tokens)
        found = np.array([token.logprob for token in read.tokens[1:]])
        errors.append(float(np.abs(found - expected).max()))
    assert errors[0] < 1e-2
    assert errors[0] < errors[1] < 1e-1


SCALES = {"granite": {"_logit_scale": 4.0, "_attention_scale": 0.25}, "minicpm": {"_logit_scale": 4.0}}
"""Granite divides its logits by the scale. MiniCPM scales hidden states by a constant that no key of the file names,
so the engine's own numbers have to be used."""


@pytest.mark.parametrize("architecture", SCALES)
async def test_a_model_that_scales_its_logits_is_scored_as_it_is(
    weights: Path, tmp_path: Path, architecture: str
) -> None:
    keys = {"_embedding_scale": 1.0, "_residual_scale": 1.0, **SCALES[architecture]}
    model = rewrite(weights, tmp_path / "scaled.gguf", architecture=architecture, **keys)
    tokens = some_tokens(12)
    async with running(fast(model)) as quick, running(micro_launch(model)) as slow:
        [found], [expected] = await score(quick, tokens), await score(slow, tokens)
    assert [token.logprob for token in found.tokens[1:]] == pytest.approx(
        [token.logprob for token in expected.tokens[1:]], abs=1e-2
    )


async def test_what_can_not_be_scored_is_refused_and_the_next_is_scored(weights: Path) -> None:
    async with running(fast(weights)) as engine:
        with pytest.raises(InvalidRequest) as unknown:
            await score(engine, (1, 2), (3, 2048))
        with pytest.raises(ContextLengthExceeded) as long:
            await score(engine, some_tokens(2048))
        [read] = await score(engine, some_tokens(3))
    assert unknown.value.about == PromptAt(1)
    assert (long.value.prompt_tokens, long.value.context_length, long.value.about) == (2048, 2048, PromptAt(0))
    assert len(read.tokens) == 3
