"""The launch that a model and the settings lead to."""

from dataclasses import replace
from pathlib import Path

import pytest

from puna.core.footprint import RAM, Footprint, gpu_name
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sizing import CONTEXT_FLOOR, SEQUENCES, plan_llama
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.machine import engine_settings
from puna.settings import Settings
from tests.stored_models import add_model, write_micro_model

TRAINED = 65536


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model that was trained for a context of 64k."""
    add_model(tmp_path / "models", "long", write_micro_model(tmp_path / "long.gguf", context=TRAINED))
    return Library(tmp_path / "models").get(ModelName.parse("long"))


def planned(model: Model, **environment: str) -> LlamaLaunch:
    settings = engine_settings(Settings.from_environment({"PUNA_MEMORY": "16GiB", **environment}))
    launch = plan_llama(model, "chat", settings)
    assert launch is not None
    return launch


def test_the_same_model_and_settings_give_the_same_engine(model: Model) -> None:
    assert planned(model) == planned(model)
    assert planned(model) != planned(model, PUNA_CONTEXT_LENGTH="4096")


def test_the_default_context_is_what_the_model_was_trained_for(model: Model) -> None:
    assert planned(model).context_length == TRAINED


def test_it_shrinks_to_what_fits_but_not_below_the_floor(model: Model) -> None:
    contexts = [planned(model, PUNA_MEMORY=memory).context_length for memory in ("16GiB", "70MiB", "60MiB", "1MiB")]
    assert contexts == sorted(contexts, reverse=True)
    assert TRAINED > contexts[1] > CONTEXT_FLOOR
    assert contexts[-1] == CONTEXT_FLOOR


def test_a_context_that_is_asked_for_is_given_whatever_fits(model: Model) -> None:
    assert planned(model, PUNA_MEMORY="1MiB", PUNA_CONTEXT_LENGTH="30000").context_length == 30000
    asked = model.with_parameters(Parameters(num_ctx=5000))
    assert planned(asked, PUNA_CONTEXT_LENGTH="30000").context_length == 5000


def test_no_context_is_longer_than_the_model_was_trained_for(model: Model) -> None:
    assert planned(model, PUNA_CONTEXT_LENGTH=str(10 * TRAINED)).context_length == TRAINED


def test_short_contexts_are_provided_for_every_sequence_and_long_ones_are_shared(model: Model) -> None:
    short = planned(model, PUNA_CONTEXT_LENGTH="4096")
    assert (short.sequences, short.cache_tokens) == (SEQUENCES, SEQUENCES * 4096)
    long = planned(model, PUNA_NUM_PARALLEL="4")
    assert (long.sequences, long.cache_tokens) == (4, TRAINED)


def test_flash_attention_is_what_the_setting_says(model: Model) -> None:
    assert planned(model).flash_attention == "auto"
    assert planned(model, PUNA_FLASH_ATTENTION="1").flash_attention == "on"
    assert planned(model, PUNA_FLASH_ATTENTION="off").flash_attention == "off"


def test_a_longer_context_needs_more_memory(model: Model) -> None:
    needs = [planned(model, PUNA_CONTEXT_LENGTH=length).footprint.total for length in ("2048", "8192", "65536")]
    assert needs == sorted(needs)
    assert needs[0] < needs[-1]


def test_a_small_model_has_one_thread_unless_something_says_otherwise(model: Model) -> None:
    assert planned(model).threads == 1
    assert planned(model, PUNA_THREADS="2").threads == 2
    assert planned(model.with_parameters(Parameters(num_thread=3)), PUNA_THREADS="2").threads == 3


def test_prompts_may_take_a_part_of_the_memory(model: Model) -> None:
    small, large = planned(model, PUNA_MEMORY="400MiB"), planned(model)
    assert small.prompt_cache == 50 * 2**20
    assert large.footprint.total - small.footprint.total >= large.prompt_cache - small.prompt_cache > 0
    assert planned(model, PUNA_PROMPT_CACHE="3MiB").prompt_cache == 3 * 2**20
    assert large.prompt_files
    assert planned(model, PUNA_SAVE_PROMPTS="0").prompt_files is None
    settings = engine_settings(Settings.from_environment({"PUNA_MEMORY": "16GiB"}))
    for task in ("embed", "score"):
        other = plan_llama(model, task, settings)
        assert other is not None
        assert (other.prompt_cache, other.prompt_files) == (0, None)
        assert other.footprint.total == large.footprint.total - large.prompt_cache


def test_prompts_take_no_memory_that_the_model_itself_needs(model: Model) -> None:
    for megabytes in range(44, 64, 2):
        with_prompts = planned(model, PUNA_MEMORY=f"{megabytes}MiB")
        without = planned(model, PUNA_MEMORY=f"{megabytes}MiB", PUNA_PROMPT_CACHE="0")
        limit = megabytes * 2**20
        assert (with_prompts.footprint.total <= limit) == (without.footprint.total <= limit)


def test_a_quantised_cache_is_smaller(model: Model) -> None:
    def need(cache: str) -> float:
        return planned(model, PUNA_KV_CACHE_TYPE=cache, PUNA_CONTEXT_LENGTH="65536").footprint.total

    assert need("q8_0") < need("f16")


def test_a_launch_survives_its_way_to_the_engines_process(model: Model) -> None:
    launch = replace(planned(model), chat_template="{{ messages }}")
    assert LlamaLaunch.from_json(launch.to_json()) == launch


def test_replicas_differ_in_nothing_but_their_number_and_gpu(model: Model) -> None:
    assert planned(model).alternatives() == (planned(model),)
    launch = replace(planned(model, PUNA_REPLICAS="3"), gpus=2, footprint=Footprint({RAM: 1, gpu_name(0): 2}))
    numbered = [replace(launch, replica=number, main_gpu=number % 2) for number in range(3)]
    assert launch.alternatives() == tuple(numbered)
    assert [one.main_gpu for one in launch.alternatives()] == [0, 1, 0]
    assert launch.alternatives()[1].footprint == Footprint({RAM: 1, gpu_name(1): 2})
    assert [one.main_gpu for one in replace(launch, gpus=0).alternatives()] == [None, None, None]
    arguments = launch.alternatives()[1].arguments()
    assert arguments[arguments.index("--main-gpu") + 1] == "1"
