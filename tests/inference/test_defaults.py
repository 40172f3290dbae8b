"""Where a setting comes from: the request, the Modelfile, what the GGUF recommends, the dialect."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.random_model import SHAPES, write_random_model
from puna.api.ollama.chat import ChatBody as NativeBody
from puna.api.ollama.generate import GenerateBody
from puna.api.openai.chat.body import ChatBody
from puna.api.openai.completions.body import CompletionBody
from puna.core.sampling import Sampling
from puna.images.load import ImageLoader
from puna.inference.inference import completed
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from tests.stored_models import add_model

MESSAGES = [{"role": "user", "content": "hi"}]


def model(folder: Path, **parameters: Any) -> Model:
    weights = folder / "m.gguf"
    write_random_model(weights, SHAPES["micro"])
    add_model(folder / "models", "m", weights, parameters)
    return Library(folder / "models").get(ModelName.parse("m"))


async def openai_sampling(model: Model, **fields: Any) -> Sampling:
    body = ChatBody.model_validate({"model": "m", "messages": MESSAGES, **fields})
    return completed(await body.to_core(ImageLoader()), model).sampling


async def native_sampling(model: Model) -> Sampling:
    body = NativeBody.model_validate({"model": "m", "messages": MESSAGES})
    return completed(await body.to_core(ImageLoader()), model).sampling


async def test_each_dialect_has_the_defaults_that_it_documents(tmp_path: Path) -> None:
    bare = model(tmp_path)
    openai, native = await openai_sampling(bare), await native_sampling(bare)
    assert (openai.temperature, openai.top_p, openai.top_k, openai.max_tokens) == (1, 1, 0, None)
    assert (native.temperature, native.top_p, native.top_k, native.max_tokens) == (0.8, 0.9, 40, None)
    assert (native.repeat_penalty, native.repeat_last_n, native.min_p) == (1, 64, 0)


async def test_what_the_request_and_the_model_say_goes_over_them(tmp_path: Path) -> None:
    modelled = model(tmp_path, temperature=0.3, top_k=7)
    asked = modelled.with_parameters(Parameters(temperature=0.1))
    assert [(await openai_sampling(modelled)).temperature, (await native_sampling(modelled)).temperature] == [
        0.3,
        0.3,
    ]
    assert (await openai_sampling(modelled, temperature=0.6)).temperature == 0.6
    assert ((await native_sampling(asked)).temperature, (await native_sampling(asked)).top_k) == (0.1, 7)


@pytest.mark.parametrize(
    ("request_", "limit", "temperature"),
    [
        (CompletionBody(model="m", prompt="x").to_core(), 16, 1),
        (GenerateBody(model="m", prompt="x", raw=True).to_completion(), None, 0.8),
    ],
)
def test_only_openais_completions_have_a_limit_of_their_own(request_: Any, limit: int, temperature: float) -> None:
    sampling = request_.sampling.over(request_.defaults)
    assert (sampling.max_tokens, sampling.temperature) == (limit, temperature)


def test_a_seed_of_minus_one_is_none(tmp_path: Path) -> None:
    bare = model(tmp_path)
    assert bare.with_parameters(Parameters(seed=-1)).sampling.seed is None
    assert bare.with_parameters(Parameters(seed=-2)).sampling.seed == -2
