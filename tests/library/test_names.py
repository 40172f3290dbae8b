import pytest
from hypothesis import given
from hypothesis import strategies as st

from puna.core.errors import InvalidRequest
from puna.core.subjects import RequestedModel
from puna.library.digest import Digest
from puna.library.names import ModelName

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "written", "short"),
    [
        ("llama3.2", "registry.ollama.ai/library/llama3.2:latest", "llama3.2:latest"),
        ("llama3.2:1b", "registry.ollama.ai/library/llama3.2:1b", "llama3.2:1b"),
        ("user/model", "registry.ollama.ai/user/model:latest", "user/model:latest"),
        ("hf.co/user/repo.v1:Q4_K_M", "hf.co/user/repo.v1:Q4_K_M", "hf.co/user/repo.v1:Q4_K_M"),
        ("localhost:5000/me/m:t", "localhost:5000/me/m:t", "localhost:5000/me/m:t"),
        ("localhost:5000/me/m", "localhost:5000/me/m:latest", "localhost:5000/me/m:latest"),
        ("http://localhost:5000/me/m", "localhost:5000/me/m:latest", "localhost:5000/me/m:latest"),
        ("registry.ollama.ai/library/m", "registry.ollama.ai/library/m:latest", "m:latest"),
        ("host/library/model:tag", "host/library/model:tag", "host/library/model:tag"),
        ("_why/_the/_lucky:_stiff", "_why/_the/_lucky:_stiff", "_why/_the/_lucky:_stiff"),
        (f"llama3.2@{DIGEST}", "registry.ollama.ai/library/llama3.2:latest", "llama3.2:latest"),
        ("h" * 350 + "/" + "n" * 80 + "/" + "m" * 80 + ":" + "t" * 80,) * 3,
    ],
)
def test_a_name_gets_the_defaults_and_is_shown_short(text: str, written: str, short: str) -> None:
    name = ModelName.parse(text)
    assert name.written == written
    assert str(name) == short
    assert ModelName.parse(written) == ModelName.parse(short)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "a/../b",
        "a/b/..:c",
        "/etc/passwd",
        "model:",
        "model:..",
        ":tag",
        "m:t:u",
        "-model",
        "na.me/model",
        "a/b/c/d",
        "//m",
        "a//m",
        "host/na:me/model",
        "mo del",
        "modèle",
        "model\n",
        "mo\0del",
        "m\\n",
        "m" * 81,
        "n" * 81 + "/m",
        "m:" + "t" * 81,
        "h" * 351 + "/n/m",
        "ftp://host/n/m",
        "https://m",
        "model@sha256:12",
        "model@",
    ],
)
def test_a_bad_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        ModelName.parse(text)


def test_the_error_names_the_part_that_is_wrong() -> None:
    with pytest.raises(InvalidRequest, match=r"bad tag '\.hidden'") as caught:
        ModelName.parse("model:.hidden")
    assert caught.value.about == RequestedModel()


def test_names_that_differ_in_case_are_the_same() -> None:
    assert ModelName.parse("Llama3:8B") == ModelName.parse("llama3:8b")
    assert len({ModelName.parse("M"), ModelName.parse("m"), ModelName.parse("m:LATEST")}) == 1


def test_a_digest_pins_a_name() -> None:
    pinned = ModelName.parse(f"m:t@{DIGEST}")
    assert pinned.digest == Digest.parse(DIGEST)
    assert pinned != ModelName.parse("m:t")


def test_a_scheme_is_how_to_get_there_not_who_it_is() -> None:
    name = ModelName.parse("http://localhost:5000/me/m")
    assert name.scheme == "http"
    assert name == ModelName.parse("localhost:5000/me/m")


@given(st.text(max_size=60) | st.from_regex(r"\A[a-zA-Z0-9_./:@-]{0,60}\Z"))
def test_whatever_is_parsed_stays_in_its_folder_and_reads_back(text: str) -> None:
    try:
        name = ModelName.parse(text)
    except InvalidRequest:
        return
    assert len(name.path.parts) == 4
    assert not {".", "..", ""} & set(name.path.parts)
    assert ModelName.parse(name.written).written == name.written


def test_a_name_without_a_user_on_another_host_says_what_is_missing() -> None:
    with pytest.raises(InvalidRequest, match=r"hf\.co/USER/foo"):
        ModelName.parse("hf.co/foo")
