from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puna.core.errors import InvalidRequest
from puna.library.model import Example
from puna.library.modelfile import ROLES, Modelfile, ModelfileError
from puna.library.parameters import Parameters
from puna.library.recipe import Recipe


def test_every_instruction_is_read() -> None:
    modelfile = Modelfile.parse('''
# My model
FROM llama3.2
from ./mmproj.gguf
  ADAPTER ./lora.gguf
DRAFT ./small.gguf
PARAMETER num_ctx 8192
parameter\tstop "<|eot|>"
PARAMETER stop AI assistant:
TEMPLATE """{{ .System }}
"quoted" {{ .Prompt }}"""
SYSTEM You are # not a comment
MESSAGE user Is Toronto in Canada?
MESSAGE assistant """yes
indeed"""
LICENSE """
MIT
"""
LICENSE "Second"
''')
    assert modelfile == Modelfile(
        sources=("llama3.2", "./mmproj.gguf"),
        adapters=("./lora.gguf",),
        draft="./small.gguf",
        parameters=Parameters(num_ctx=8192, stop=("<|eot|>", "AI assistant:")),
        template='{{ .System }}\n"quoted" {{ .Prompt }}',
        system="You are # not a comment",
        messages=(Example("user", "Is Toronto in Canada?"), Example("assistant", "yes\nindeed")),
        licenses=("\nMIT\n", "Second"),
    )


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("plain text  ", "plain text"),
        ('"in quotes"', "in quotes"),
        ('"""in three"""', "in three"),
        ('"  blanks stay  "', "  blanks stay  "),
        ('"over\n\n two lines"', "over\n\n two lines"),
        ('"""trailing   \nblanks"""  ', "trailing   \nblanks"),
        ('"""a "quoted" word"""', 'a "quoted" word'),
        ('say "hi" now', 'say "hi" now'),
        ('""', ""),
        ('"""# no comment\n# at all"""', "# no comment\n# at all"),
    ],
)
def test_an_argument_is_quoted_or_goes_to_the_end_of_the_line(text: str, system: str) -> None:
    assert Modelfile.parse(f"FROM m\nSYSTEM {text}\n").system == system
    assert Modelfile.parse(f"FROM m\nSYSTEM {text}").system == system


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 0, "there is no FROM line"),
        ("# nothing\nSYSTEM x", 0, "there is no FROM line"),
        ("FROM m\n\nFRMO n", 3, "unknown instruction 'FRMO'"),
        ("FROM m\nSYSTEM", 2, "SYSTEM needs an argument"),
        ('FROM m\nSYSTEM """never\nends', 2, "do not end"),
        ('FROM m\nSYSTEM "never" ends', 2, "do not end"),
        ("FROM m\nMESSAGE robot hi", 2, "the role has to be one of system, user, assistant, not 'robot'"),
        ("FROM m\nPARAMETER nmu_ctx 1", 2, "unknown parameter 'nmu_ctx'"),
        ("FROM m\nPARAMETER num_ctx many", 2, "whole number"),
        ('FROM m\nSYSTEM """\n\n"""\nPARAMETER num_ctx', 5, "needs an argument"),
        ("FROM m\nDRAFT", 2, "DRAFT needs an argument"),
    ],
)
def test_an_error_has_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(ModelfileError, match=problem) as caught:
        Modelfile.parse(text)
    assert caught.value.line == line
    assert not line or f"line {line}" in caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_other_systems_are_read(encoding: str) -> None:
    modelfile = Modelfile.parse("FROM m\r\nSYSTEM Grüße\r\nPARAMETER stop x\r\n".encode(encoding))
    assert modelfile == Modelfile(sources=("m",), system="Grüße", parameters=Parameters(stop=("x",)))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ModelfileError, match="not UTF-8"):
        Modelfile.parse(b"FROM \xff\xfe\xfd")


def test_the_names_of_formats_are_kept() -> None:
    parsed = Modelfile.parse("FROM m\nRENDERER qwen3-coder\nPARSER qwen3-coder\nREQUIRES 0.14.0")
    assert parsed.formats == {"renderer": "qwen3-coder", "parser": "qwen3-coder", "requires": "0.14.0"}
    assert Modelfile.parse(str(parsed)) == parsed


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.from_regex(r'\A[a" \n\t\r#]{0,12}\Z')


@given(
    system=st.none() | texts,
    template=st.none() | texts,
    stop=st.none() | st.lists(texts.filter(bool), min_size=1, max_size=3).map(tuple),
    messages=st.lists(st.tuples(st.sampled_from(ROLES), texts), max_size=3),
    licenses=st.lists(texts, max_size=2),
)
def test_what_is_written_reads_back(
    system: str | None,
    template: str | None,
    stop: tuple[str, ...] | None,
    messages: list[tuple[str, str]],
    licenses: list[str],
) -> None:
    modelfile = Modelfile(
        sources=("a b.gguf",),
        system=system,
        template=template,
        parameters=Parameters(stop=stop, temperature=0.1, use_mmap=False, seed=-1),
        messages=tuple(Example(*message) for message in messages),
        licenses=tuple(licenses),
    )
    try:
        written = str(modelfile)
    except InvalidRequest:
        return
    assert Modelfile.parse(written) == modelfile
    assert Modelfile.parse(written.encode()) == modelfile


def test_a_text_that_no_quotes_hold_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no Modelfile can hold"):
        str(Modelfile(sources=("m",), system='"""\n"'))


def test_paths_are_kept_as_written() -> None:
    assert Modelfile.parse("FROM ~/models/a b.gguf").sources == ("~/models/a b.gguf",)
    assert Modelfile.parse('FROM "/srv/x y"').sources == ("/srv/x y",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("FROM tiny\nPARAMETER num_ctx -4", "line 2: parameter 'num_ctx' has to be above 0"),
        ("FROM tiny\n\nPARAMETER num_gqa 8", "line 3: parameter 'num_gqa' has no effect"),
        ("FROM tiny\nPARAMETER mirostat 2", "line 2: parameter 'mirostat' is not supported"),
        (
            "FROM tiny\nPARAMETER draft_num_predict -1",
            "'draft_num_predict' has to be from 0 to 1024",
        ),
        ('FROM tiny\nTEMPLATE """{% for m in messages %}\n{{ m."""', "line 2: line 2 of the template"),
        ('FROM tiny\nTEMPLATE """{% if x %}"""', "line 2: line 1 of the template"),
    ],
)
def test_what_can_not_run_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ModelfileError) as raised:
        Modelfile.parse(text)
    assert problem in raised.value.message


def test_a_template_may_have_what_hugging_face_marks() -> None:
    text = "{% for m in messages %}{% generation %}{% continue %}{% endgeneration %}{% endfor %}"
    assert Modelfile.parse(f"FROM tiny\nTEMPLATE {text}").template == text


def test_a_folder_without_a_model_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ModelfileError, match=r"line 2: './' is not a model"):
        Recipe.of(Modelfile.parse("# mine\nFROM ./"), tmp_path)


def test_requires_is_a_version() -> None:
    assert Modelfile.parse("FROM m\nREQUIRES v0.14.0").formats == {"requires": "v0.14.0"}
    with pytest.raises(ModelfileError, match=r"line 2: REQUIRES needs a version of Ollama, such as 0\.14\.0"):
        Modelfile.parse("FROM m\nREQUIRES soon")
