import math
import re
from pathlib import Path

import pytest

from puna.settings import VARIABLES, SettingError, Settings, Share, duration, unknown_variables

DOCS = Path(__file__).parents[1] / "docs"


def read(**variables: str) -> Settings:
    return Settings.from_environment(variables)


def test_without_variables_the_defaults_are_ollamas() -> None:
    settings = read()
    assert (settings.host, settings.port) == ("127.0.0.1", 11434)
    assert settings.keep_alive == 300
    assert settings.models == Path.home() / ".puna" / "models"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0", "0.0.0.0", 11434),  # noqa: S104
        ("0.0.0.0:8080", "0.0.0.0", 8080),  # noqa: S104
        (":8080", "127.0.0.1", 8080),
        ("http://localhost:1234/", "localhost", 1234),
        ("[::1]:99", "::1", 99),
        ("example.test", "example.test", 11434),
        ("::1", "::1", 11434),
        ("[::1]", "::1", 11434),
        ("http://example.test", "example.test", 80),
        ("https://example.test", "example.test", 443),
        ("https://example.test:8443/puna/", "example.test", 8443),
    ],
)
def test_an_address_is_read_as_ollama_reads_it(text: str, host: str, port: int) -> None:
    settings = read(PUNA_HOST=text)
    assert (settings.host, settings.port) == (host, port)


def test_a_puna_variable_goes_before_its_ollama_namesake() -> None:
    both = read(PUNA_KEEP_ALIVE="1m", OLLAMA_KEEP_ALIVE="2m", OLLAMA_MODELS="/ollama", OLLAMA_NUM_PARALLEL="3")
    assert (both.keep_alive, both.models, both.parallel) == (60, Path("/ollama"), 3)
    assert read(PUNA_KEEP_ALIVE="", OLLAMA_KEEP_ALIVE="2m").keep_alive == 120


def test_the_models_are_in_the_home_unless_said_otherwise() -> None:
    assert read(PUNA_HOME="/h").models == Path("/h/models")
    assert read(PUNA_HOME="/h", PUNA_MODELS="/m").models == Path("/m")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("1h30m", 5400), ("90", 90), ("1.5s", 1.5), ("250ms", 0.25), ("0", 0), ("-1", math.inf)],
)
def test_a_duration_is_read_as_go_writes_it(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


def test_the_largest_request_is_a_size_and_none_is_no_limit() -> None:
    assert read().max_request_size == 256 * 1024**2
    assert read(PUNA_MAX_REQUEST_SIZE="1.5MB").max_request_size == 1_500_000
    assert read(PUNA_MAX_REQUEST_SIZE="0").max_request_size is None


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PUNA_KEEP_ALIVE", "soon"),
        ("PUNA_KEEP_ALIVE", "5 m"),
        ("PUNA_HOST", "a:b:c"),
        ("PUNA_HOST", "localhost:99999"),
        ("OLLAMA_NUM_PARALLEL", "none"),
        ("PUNA_HOST", "a b"),
        ("PUNA_HOST", "::zz"),
        ("PUNA_MEMORY", "120%"),
        ("PUNA_MEMORY", "much"),
        ("PUNA_API_KEYS", "a,,b"),
        ("PUNA_API_KEYS", ""),
        ("PUNA_ORIGINS", "example.com"),
        ("PUNA_ORIGINS", "https://example.com/page"),
        ("PUNA_IMAGE_HOSTS", "10.0.0.0/99"),
        ("PUNA_IMAGE_HOSTS", "http://example.com"),
        ("PUNA_LLAMA_SERVER", __file__),
        ("PUNA_CONTEXT_LENGTH", "-5"),
        ("PUNA_KV_CACHE_TYPE", "q3"),
        ("PUNA_FLASH_ATTENTION", "perhaps"),
        ("PUNA_LLAMA_SERVER", "/no/such/file"),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_naming_the_variable(variable: str, text: str) -> None:
    with pytest.raises(SettingError, match=variable):
        read(**{variable: text})


def test_an_address_may_be_that_of_a_server_behind_another_one() -> None:
    settings = read(OLLAMA_HOST="https://example.test/puna/")
    assert (settings.https, settings.path) == (True, "/puna")


@pytest.mark.parametrize("name", ["NUM_PARALLEL", "CONTEXT_LENGTH", "MAX_LOADED_MODELS"])
def test_zero_is_automatic_as_with_ollama(name: str) -> None:
    assert read(**{f"OLLAMA_{name}": "0"}) == read()


def test_other_values_of_ollama_work_as_ollama_takes_them() -> None:
    assert read(OLLAMA_DEBUG="2").debug
    assert not read(OLLAMA_DEBUG="0").debug
    assert read(OLLAMA_NOHISTORY="1").nohistory
    assert read(OLLAMA_LOAD_TIMEOUT="0").load_timeout == math.inf


def test_memory_is_a_size_or_a_part_of_the_machines() -> None:
    assert read(PUNA_MEMORY="12GiB").memory == 12 * 2**30
    share = read(PUNA_MEMORY="50%").memory
    assert isinstance(share, Share)
    assert share == 0.5


def test_secrets_are_not_shown_in_errors() -> None:
    with pytest.raises(SettingError) as raised:
        read(PUNA_API_KEYS="secret,")
    assert "secret" not in raised.value.message


def test_unknown_variables_are_told_with_the_one_that_was_meant() -> None:
    environment = {"PUNA_KEEP_ALIFE": "5m", "PUNA_WHATEVER": "1", "PUNA_HOST": "", "HOME": "/"}
    assert unknown_variables(environment) == {"PUNA_KEEP_ALIFE": "PUNA_KEEP_ALIVE", "PUNA_WHATEVER": None}


def test_every_variable_is_in_the_documentation_and_no_other() -> None:
    pages = "".join((DOCS / page).read_text() for page in ("configuration.md", "scheduling.md"))
    rows = {name for row in re.findall(r"^\|(.+?)\|", pages, re.MULTILINE) for name in re.findall(r"PUNA_(\w+)", row)}
    assert rows == VARIABLES.keys()
