"""Bodies that come compressed."""

import gzip
import json
import zlib

import pytest

from puna.core.errors import InvalidRequest
from puna.http.encoding import decompress
from tests.scripted import ScriptedServer, StartScripted

BODY = json.dumps({"model": "plain", "messages": [{"role": "user", "content": "Hello"}]}).encode()


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_read(scripted: ScriptedServer, encoding: str, compress: object) -> None:
    assert callable(compress)
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", content=compress(BODY), headers={"Content-Encoding": encoding})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("content", [b"not compressed", gzip.compress(BODY)[:-9]], ids=["plain", "cut"])
def test_a_damaged_body_is_refused(scripted: ScriptedServer, content: bytes) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", content=content, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "decompressed" in answer.json()["error"]["message"]


def test_an_unknown_encoding_is_refused_by_name(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", content=BODY, headers={"Content-Encoding": "br"})
    assert answer.status_code == 400
    assert "'br'" in answer.json()["error"]["message"]


def test_a_bomb_is_413(start_scripted: StartScripted) -> None:
    bomb = gzip.compress(b" " * 10**7)
    with start_scripted(PUNA_MAX_REQUEST_SIZE="100000").http() as http:
        answer = http.post("/v1/chat/completions", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_several_members_are_one_body_and_no_more_is_made_than_is_allowed() -> None:
    assert decompress(gzip.compress(b"ab") + gzip.compress(b"cd"), None) == b"abcd"
    assert len(decompress(gzip.compress(b"x" * 10**6), 1000)) == 1001
    with pytest.raises(InvalidRequest):
        decompress(b"x", None)
