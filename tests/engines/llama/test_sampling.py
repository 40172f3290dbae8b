import pytest

from puna.core.sampling import Sampling
from puna.engines.llama.sampling import RANDOM_SEED, sampling_body


@pytest.mark.parametrize("seed", [0, 7, -1, RANDOM_SEED, 2**40 + 3, -(2**63)])
def test_every_seed_is_one_that_llama_cpp_keeps_to(seed: int) -> None:
    body = sampling_body(Sampling(seed=seed), 100)
    assert 0 <= body["seed"] < RANDOM_SEED
    assert body["cache_prompt"] is False


def test_without_a_seed_the_engine_takes_one_each_time() -> None:
    assert not {"seed", "cache_prompt"} & sampling_body(Sampling(), 100).keys()


def test_what_is_unset_is_left_to_the_engine() -> None:
    assert sampling_body(Sampling(), 100) == {}
    assert sampling_body(Sampling(temperature=0.0, repeat_last_n=-1), 100) == {
        "temperature": 0.0,
        "repeat_last_n": 100,
    }
