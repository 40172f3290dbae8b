import pytest

from puna.core.errors import InvalidRequest
from puna.library.parameters import Parameters


def test_lines_are_typed_and_stops_add_up() -> None:
    parameters = Parameters.from_text(
        [
            ("num_ctx", "4096"),
            ("temperature", "1"),
            ("stop", "a"),
            ("stop", "b"),
            ("use_mmap", "false"),
            ("seed", "-1"),
        ]
    )
    assert parameters == Parameters(num_ctx=4096, temperature=1.0, stop=("a", "b"), use_mmap=False, seed=-1)


def test_the_last_of_two_lines_counts() -> None:
    assert Parameters.from_text([("top_k", "1"), ("top_k", "2")]) == Parameters(top_k=2)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("num_ctx", "many", "'num_ctx' has to be a whole number, not 'many'"),
        ("num_ctx", "1.5", "whole number"),
        ("top_p", "x", "'top_p' has to be a number"),
        ("use_mmap", "maybe", "true or false"),
        ("nmu_ctx", "1", "unknown parameter 'nmu_ctx' .did you mean 'num_ctx'"),
        ("nothing", "1", "unknown parameter 'nothing'$"),
        ("temperature", "nan", "'temperature' has to be a number"),
        ("repeat_penalty", "0", "'repeat_penalty' has to be above 0"),
        ("repeat_last_n", "-2", "'repeat_last_n' has to be from -1"),
        ("num_thread", "100000", "'num_thread' has to be from -1 to 512"),
        ("stop", "", "'stop' must not be empty"),
    ],
)
def test_a_bad_line_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        Parameters.from_text([(name, text)])


def test_json_reads_back() -> None:
    parameters = Parameters(num_ctx=1, min_p=0.5, stop=("x",), use_mmap=True)
    assert Parameters.from_json(parameters.to_json()) == parameters


def test_json_of_the_wrong_type_is_refused() -> None:
    for document in ({"num_ctx": "1"}, {"stop": [1]}, {"use_mmap": 1}, {"num_ctx": 1.5}, {"top_k": True}):
        with pytest.raises(InvalidRequest):
            Parameters.from_json(document)


def test_json_may_write_whole_numbers_as_floats_and_one_stop_as_text() -> None:
    assert Parameters.from_json({"top_k": 40.0, "stop": "x", "seed": None}) == Parameters(top_k=40, stop=("x",))


def test_what_ollama_no_longer_heeds_is_no_error() -> None:
    assert Parameters.from_json({"num_gqa": 8, "low_vram": True}) == Parameters()


def test_one_set_lies_over_another() -> None:
    over = Parameters(top_k=1, temperature=0.0).over(Parameters(top_k=2, seed=3))
    assert over == Parameters(top_k=1, temperature=0.0, seed=3)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 1.5])
def test_a_number_that_is_not_whole_is_refused_by_name(number: float) -> None:
    with pytest.raises(InvalidRequest, match="'num_ctx' has to be a whole number"):
        Parameters.from_json({"num_ctx": number})
