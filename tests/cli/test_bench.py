import json

from puna.cli.commands.bench import Answer, rate, rows
from tests.cli.puna import Puna


def test_a_model_is_measured(puna_with_server: Puna) -> None:
    measured = json.loads(puna_with_server("bench", "tiny", "--tokens", "4", "--streams", "2", "--json"))
    assert measured["cold_first_token_seconds"] > 0
    assert measured["prompt_tokens_per_second"] > 0
    assert measured["tokens_per_second_together"] > 0
    assert measured["memory_bytes"] > 10**6
    assert measured["memory_bandwidth"] > 10**6


def test_what_was_not_measured_is_left_out() -> None:
    short = Answer(prompt_tokens=9, prompt_seconds=1.0, tokens=1, seconds=0.0, first=0.1)
    assert rate([short]) is None
    assert rate([short, Answer(prompt_tokens=9, prompt_seconds=1.0, tokens=5, seconds=2.0, first=0.1)]) == 2
    measured = {
        "cold_first_token_seconds": 1.234,
        "first_token_seconds": 0.5,
        "prompt_tokens_per_second": 300.0,
        "tokens_per_second": None,
        "tokens_per_second_together": 20.0,
        "memory_bytes": 320e6,
        "memory_bandwidth": 39.1e9,
        "share_of_bandwidth": None,
    }
    assert [*rows(measured, 8)] == [
        ("first token, model not in memory", "1.23 s"),
        ("first token", "0.50 s"),
        ("prompt", "300 tokens/s"),
        ("8 answers at once", "20.0 tokens/s, prompts included"),
        ("memory", "320 MB"),
        ("memory bandwidth", "39.1 GB/s"),
    ]
