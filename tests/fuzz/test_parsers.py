"""Everything that reads what others wrote: it understands it, or says why not, and never anything else."""

import asyncio
import base64
import string
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puna.core.errors import PunaError
from puna.core.messages import Image
from puna.core.tools import TextGrammar
from puna.engines.llama.grammar.in_string import TextError
from puna.engines.llama.grammar.text import Definition, Expression, standing_alone
from puna.formats.gguf import Metadata
from puna.http.limits import Limits
from puna.images.load import ImageLoader, decode_base64
from puna.library.digest import Digest
from puna.library.manifest import Manifest
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.template import to_jinja
from puna.serving.hosts import is_known, is_local
from tests.library import ggufs
from tests.pictures import plain

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
INSTRUCTIONS = st.sampled_from(["FROM", "PARAMETER", "TEMPLATE", "SYSTEM", "ADAPTER", "LICENSE", "MESSAGE", "x"])
MODELFILES = st.lists(st.tuples(INSTRUCTIONS, st.text(string.printable)), max_size=8).map(
    lambda lines: "\n".join(f"{name} {text}" for name, text in lines)
)
GO_PIECES = (
    *(
        "{{",
        "}}",
        " ",
        ".",
        "range",
        "end",
        "if",
        "else",
        "with",
        "$",
        "x",
        '"',
        "`",
        "|",
        "(",
        ")",
        "-",
        ".Messages",
    ),
    *("define", "template", "block", "/*", "*/", ":=", "=", ",", "and", "1", "-1", "'a'", "nil", "break"),
)
GO = st.lists(st.sampled_from(GO_PIECES), max_size=30).map("".join)


@given(MODELFILES | st.text())
def test_modelfiles(text: str) -> None:
    with suppress(PunaError):
        Modelfile.parse(text.encode(errors="replace"))


@given(st.binary())
def test_bytes_as_a_modelfile(content: bytes) -> None:
    with suppress(PunaError):
        Modelfile.parse(content)


@given(st.text() | st.text("abc/:.@-_~\\ 0", max_size=40))
def test_names_stay_below_their_folder(text: str) -> None:
    with suppress(PunaError):
        path = ModelName.parse(text).path
        assert len(path.parts) == 4
        assert not path.is_absolute()
        assert ".." not in path.parts


@given(st.text() | st.text("sha256:-0f", max_size=80))
def test_digests_are_digests(text: str) -> None:
    with suppress(PunaError):
        assert len(Digest.parse(text).hex) == 64


@given(st.binary() | JSON.map(lambda value: str(value).encode()))
def test_manifests(content: bytes) -> None:
    with suppress(PunaError):
        manifest = Manifest(content)
        _ = (manifest.size, [*manifest.layers], manifest.config)


@given(st.dictionaries(st.sampled_from(["temperature", "stop", "num_ctx", "seed", "x"]) | st.text(), JSON))
def test_parameters(given_values: dict[str, Any]) -> None:
    with suppress(PunaError):
        Parameters.from_json(given_values)


@given(GO | st.text())
def test_templates(text: str) -> None:
    with suppress(PunaError):
        to_jinja(text)


@given(st.text() | st.text("AZaz09+/=-_ \n", max_size=200))
def test_base64(text: str) -> None:
    with suppress(PunaError):
        decode_base64(text, "image")


MEDIA_TYPES = st.sampled_from(["image/png", "image/svg+xml", "", "text/html", "image/png;charset=x", ";;", "image/*"])
ENCODED = st.binary(max_size=200).map(lambda data: base64.b64encode(data).decode())
PICTURES = st.sampled_from(
    [base64.b64encode(plain()).decode(), base64.b64encode(plain()).decode()[:40], "R0lGODlhAQABAAAAACw=", "Qk0="]
)
DATA_URIS = st.tuples(
    st.sampled_from(["data:", "DATA:", "data", "data://", "file:", "http:", ""]),
    MEDIA_TYPES | st.text(max_size=20),
    st.sampled_from([";base64,", ";BASE64,", ",", ";base64", ";base64;base64,", "%3Bbase64,"]),
    PICTURES | ENCODED | st.text(max_size=50) | st.text("AZaz09+/=-_ \n%,", max_size=200),
).map("".join)


@given(DATA_URIS | st.text())
def test_data_uris(uri: str) -> None:
    with suppress(PunaError):
        picture = asyncio.run(ImageLoader().offline().load(uri, "image"))
        assert isinstance(picture, Image)
        assert picture.media_type in ("image/png", "image/jpeg")


LARK_PIECES = (
    *(
        "start",
        "a",
        "B",
        "_C",
        "?start",
        "!start",
        ":",
        "|",
        " ",
        "\n",
        "(",
        ")",
        "[",
        "]",
        "*",
        "+",
        "?",
        "~",
        "..",
        "->",
    ),
    *(
        '"x"',
        '""',
        '"x"i',
        "/a/",
        "/a/i",
        "/(?=a)/",
        "/[/",
        '"\\',
        "1",
        "2",
        "9999999999",
        ",",
        "{",
        "}",
        "template{a}",
    ),
    *(
        "%ignore",
        "%import",
        "%import common.INT",
        "%import .x",
        "%declare B",
        "%extend",
        "%override",
        "//",
        ".1",
        "$",
    ),
)
LARK = st.lists(st.sampled_from(LARK_PIECES), max_size=40).map("".join) | st.text(max_size=60)


@given(LARK.map("start: {}".format) | LARK)
def test_lark_definitions(source: str) -> None:
    with suppress(TextError, RecursionError):
        found = Definition(source)
        assert found.rules("text")
    with suppress(TextError, RecursionError):
        assert standing_alone(TextGrammar("lark", source))


REGEX_PIECES = st.sampled_from(
    [
        *(
            "a",
            "b",
            "\\d",
            "\\w",
            "\\s",
            "\\b",
            "\\1",
            ".",
            "^",
            "$",
            "\\Z",
            "é",
            "\\u00e9",
            "\\x00",
            '"',
            "\\\\",
            "/",
            "\n",
        ),
        *("(", ")", "(?:", "(?=", "(?!", "(?<=", "(?P<n>", "(?P=n)", "(?i)", "(?i:", "(?>", "[", "]", "[^", "-", "|"),
        *("*", "+", "?", "*?", "+?", "*+", "{2}", "{2,}", "{,2}", "{1,99999}", "{9999999999}", "[a-z]", "[^a-z]"),
    ]
)


@given(st.lists(REGEX_PIECES, max_size=20).map("".join) | st.text(max_size=40))
def test_regular_expressions(source: str) -> None:
    with suppress(TextError, RecursionError):
        found = Expression(source)
        assert found.rules("text")
    with suppress(TextError, RecursionError):
        assert standing_alone(TextGrammar("regex", source))


@given(st.data())
def test_headers_of_gguf_files(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path: Path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    content = bytearray(ggufs.write(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, min(len(content), 1500) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(4, len(content)))])
    with suppress(PunaError):
        metadata = Metadata.read(path)
        _ = (metadata.context_length, metadata.block_count, metadata.special_tokens, metadata.parameter_count)
        metadata.array("tokenizer.ggml.tokens")


@given(st.text() | st.text("0123456789.:[]abcx*-", max_size=40))
def test_hosts(host: str) -> None:
    is_local(host)
    is_known(host, ("*.example.org",))


@given(st.binary(max_size=300) | st.text('[]{}",:\\0 ', max_size=300).map(str.encode))
def test_no_count_is_below_what_is_there(content: bytes) -> None:
    from pydantic_core import from_json

    limits = Limits(values=20)
    try:
        value = from_json(content)
    except ValueError:
        with suppress(PunaError):
            limits.check_count(content)
        return
    if count(value) > 21:
        with pytest.raises(PunaError):
            limits.check_count(content)


def count(value: Any) -> int:
    """How many values a document has, without the names in it; a name that is there twice counts once."""
    match value:
        case dict():
            return 1 + sum(map(count, value.values()))
        case list():
            return 1 + sum(map(count, value))
        case _:
            return 1
