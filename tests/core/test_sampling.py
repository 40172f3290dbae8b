from dataclasses import fields

from puna.core.sampling import Sampling

FULL = Sampling(
    temperature=0.5,
    top_p=0.9,
    top_k=40,
    min_p=0.1,
    typical_p=0.7,
    frequency_penalty=0.2,
    presence_penalty=0.3,
    repeat_penalty=1.1,
    repeat_last_n=64,
    seed=7,
    stop=("end",),
    max_tokens=16,
    logit_bias=((5, 1.0),),
)


def test_what_is_unset_comes_from_below() -> None:
    assert Sampling().over(FULL) == FULL
    assert FULL.over(Sampling()) == FULL
    assert {field.name for field in fields(Sampling) if getattr(FULL, field.name) is None} == set()


def test_what_is_set_stays_even_where_it_is_nothing() -> None:
    nothing = Sampling(temperature=0.0, top_k=0, seed=0, stop=(), max_tokens=0, logit_bias=())
    laid = nothing.over(FULL)
    assert (laid.temperature, laid.top_k, laid.seed, laid.stop, laid.max_tokens, laid.logit_bias) == (
        0.0, 0, 0, (), 0, (),
    )  # fmt: skip
    assert laid.top_p == FULL.top_p


def test_the_uppermost_of_several_layers_counts() -> None:
    layers = Sampling(top_p=0.1), Sampling(top_p=0.2, top_k=2), Sampling(top_p=0.3, top_k=3, min_p=0.3)
    laid = layers[0].over(layers[1]).over(layers[2])
    assert laid == layers[0].over(layers[1].over(layers[2])) == Sampling(top_p=0.1, top_k=2, min_p=0.3)
