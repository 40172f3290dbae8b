"""What is drafted: what a launch says of it, and that it changes neither texts nor promises."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.random_model import SHAPES, write_random_model
from puna.api.openai import defaults
from puna.core.errors import InvalidRequest
from puna.core.events import ChatEvent, Done, TextDelta, Usage
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.subjects import Setting
from puna.engines.llama.drafts import Drafts, drafter_of
from puna.engines.llama.engine import GeneratingEngine
from puna.engines.llama.sizing import plan_llama
from puna.engines.process.process import EngineProcess
from puna.engines.settings import EngineSettings
from puna.formats.gguf import Metadata
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.machine import engine_settings
from puna.settings import Settings
from tests.stored_models import add_model, micro_launch, write_micro_model

NGRAMS = Drafts(ngram=2, length=4)
FEW_TOKENS = tuple((token, 100.0) for token in range(300, 308))


@pytest.fixture
def settings() -> Callable[..., EngineSettings]:
    def read(**environment: str) -> EngineSettings:
        return engine_settings(Settings.from_environment({"PUNA_MEMORY": "16GiB", **environment}))

    return read


@pytest.fixture
def stored(tmp_path: Path) -> Model:
    """A model with a drafter of its own."""
    weights = write_micro_model(tmp_path / "micro.gguf")
    add_model(tmp_path / "models", "pair", weights, draft=write_micro_model(tmp_path / "draft.gguf", seed=1))
    return Library(tmp_path / "models").get(ModelName.parse("pair"))


def drafted(model: Model, settings: EngineSettings) -> Drafts | None:
    launch = plan_llama(model, "chat", settings)
    assert launch is not None
    return launch.drafts


def test_a_drafter_drafts_unless_it_is_told_not_to(stored: Model, settings: Callable[..., EngineSettings]) -> None:
    found = drafted(stored, settings())
    assert found is not None
    assert (found.drafter, found.model, found.tokens, found.ngram) == ("draft-simple", stored.draft, 4, 0)
    six = drafted(stored.with_parameters(Parameters(draft_num_predict=6)), settings())
    assert six is not None
    assert six.tokens == 6
    assert drafted(stored.with_parameters(Parameters(draft_num_predict=0)), settings()) is None
    assert drafted(stored, settings(PUNA_SPECULATION="off")) is None


@pytest.mark.parametrize("speculation", ["auto", "on", "off"])
def test_tokens_of_a_drafter_that_a_model_lacks_are_refused(
    settings: Callable[..., EngineSettings], tmp_path: Path, speculation: str
) -> None:
    add_model(tmp_path / "models", "alone", write_micro_model(tmp_path / "micro.gguf"))
    alone = Library(tmp_path / "models").get(ModelName.parse("alone"))
    given = settings(PUNA_SPECULATION=speculation)
    with pytest.raises(InvalidRequest, match="'draft_num_predict' needs a model that drafts") as refused:
        drafted(alone.with_parameters(Parameters(draft_num_predict=4)), given)
    assert refused.value.about == Setting("draft_num_predict")
    assert drafted(alone.with_parameters(Parameters(draft_num_predict=0)), given) is None


def test_the_text_so_far_is_drafted_from(stored: Model, settings: Callable[..., EngineSettings]) -> None:
    plain = settings()
    assert plain.speculation == "named"
    found = drafted(stored, settings(PUNA_SPECULATION="on"))
    assert found is not None
    assert [*found.drafters] == ["ngram-simple", "draft-simple"]
    assert drafted(stored, replace(plain, speculation="text", drafts_by_request=True)) == replace(
        found, by_request=True
    )


def test_what_all_sequences_draft_fits_in_a_batch(stored: Model, settings: Callable[..., EngineSettings]) -> None:
    for sequences in (1, 8, 40, 100, 3000):
        launch = plan_llama(stored, "chat", settings(PUNA_SPECULATION="on", PUNA_NUM_PARALLEL=str(sequences)))
        assert launch is not None
        most = launch.drafts.most if launch.drafts else 0
        assert sequences * (1 + most) <= min(2048, launch.cache_tokens) or not most


def test_only_what_generates_drafts(stored: Model, settings: Callable[..., EngineSettings]) -> None:
    for task in ("embed", "score"):
        launch = plan_llama(stored, task, settings(PUNA_SPECULATION="on"))
        assert launch is not None
        assert launch.drafts is None


def test_a_shared_cache_keeps_room_for_drafts(stored: Model, settings: Callable[..., EngineSettings]) -> None:
    launch = plan_llama(stored, "chat", settings())
    assert launch is not None
    shared = replace(launch, cache_tokens=launch.context_length, drafts=Drafts(ngram=16, length=48))
    assert shared.capacity.tokens == launch.context_length - 8 * 48
    assert replace(shared, drafts=None).capacity.tokens == launch.context_length


def test_options_of_the_program() -> None:
    drafts = Drafts(ngram=16, length=48, drafter="draft-simple", model=Path("/draft.gguf"), tokens=4)
    words = " ".join(f"{name} {value}" for name, value in drafts.arguments().items())
    assert words == (
        "--spec-type ngram-simple,draft-simple --spec-ngram-simple-size-n 16 --spec-ngram-simple-size-m 48 "
        "--spec-draft-n-max 4 --spec-draft-model /draft.gguf"
    )
    assert Drafts.from_json(drafts.to_json()) == drafts


def test_the_header_tells_how_a_model_drafts(tmp_path: Path) -> None:
    header = Metadata.read(write_micro_model(tmp_path / "micro.gguf"))
    assert drafter_of(header) == "draft-simple"
    more = replace(header, values={**header.values, f"{header.architecture}.nextn_predict_layers": 1})
    assert drafter_of(more) == "draft-mtp"


@asynccontextmanager
async def engine(weights: Path, drafts: Drafts | None) -> AsyncIterator[GeneratingEngine]:
    launch = replace(micro_launch(weights), drafts=drafts)
    engine = GeneratingEngine(launch, await EngineProcess.start(launch), 60.0)
    try:
        yield engine
    finally:
        await engine.close()


async def say(engine: GeneratingEngine, **sampling: object) -> tuple[str, Usage]:
    asked = Sampling(max_tokens=60, **sampling).over(defaults.CHAT)  # type: ignore[arg-type]
    request = ChatRequest(messages=(Message(role="user", content=(Text("hello"),)),), sampling=asked)
    events: list[ChatEvent] = [event async for event in engine.chat(request)]
    [done] = [event for event in events if isinstance(event, Done)]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), done.usage


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "micro.gguf"
    write_random_model(path, SHAPES["micro"])
    return path


@pytest.mark.parametrize("by", ["text", "model"])
async def test_drafts_change_no_text_and_a_seed_gives_it_again(weights: Path, by: str) -> None:
    drafts = NGRAMS if by == "text" else Drafts(drafter="draft-simple", model=weights, tokens=4)
    monotonous = {"temperature": 0.0, "logit_bias": FEW_TOKENS if by == "text" else ()}
    async with engine(weights, None) as plain, engine(weights, drafts) as drafting:
        text, usage = await say(plain, **monotonous)
        again, drafted = await say(drafting, **monotonous)
        seeded = [await say(drafting, temperature=0.9, seed=5) for _ in range(2)]
        other = await say(drafting, temperature=0.0, frequency_penalty=1.0, repeat_penalty=1.2)
    assert again == text
    assert usage.drafted_tokens == 0
    assert 0 < drafted.accepted_tokens <= drafted.drafted_tokens
    assert drafted.completion_tokens == usage.completion_tokens == 60
    assert seeded[0][0] == seeded[1][0]
    assert other[1].completion_tokens == 60
