"""What fails for a reason outside of Puna: a status, a sentence that names the cause, and the next request works."""

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from puna.api.dialect import usual_status
from puna.library.errors import StoreFailed, storing
from tests.library import ggufs
from tests.server import RunningServer, StartServer, running_server


def works(http: httpx2.Client) -> bool:
    asked = {"model": "tiny", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
    return http.post("/v1/chat/completions", json=asked).status_code == 200


def test_a_registry_that_is_not_there_is_502(server: RunningServer) -> None:
    with server.http() as http:
        for stream in (False, True):
            asked: dict[str, Any] = {"model": "127.0.0.1:9/library/m", "insecure": True, "stream": stream}
            answer = http.post("/api/pull", json=asked)
            assert answer.status_code == (502 if not stream else 200)
            assert "127.0.0.1:9" in answer.text
        assert works(http)


@pytest.mark.parametrize("kind", ["a file", "a folder"])
def test_a_home_that_can_not_be_written_is_named(start_server: StartServer, tmp_path: Path, kind: str) -> None:
    server = start_server()
    if kind == "a file":
        (server.home / "state.db").mkdir()
    else:
        (server.home / "state.db").write_bytes(b"no database at all, but as long as SQLite wants it to be." * 99)
    with server.http() as http:
        answer = http.post("/v1/responses", json={"model": "tiny", "input": "x", "background": True})
        assert answer.status_code == 500
        message = answer.json()["error"]["message"]
        assert "database of responses can't be used" in message
        assert str(server.home) not in answer.text
        assert works(http)


def test_a_store_that_can_not_be_written_is_named(start_server: StartServer) -> None:
    server = start_server()
    (server.home / "models").write_text("no folder")  # since it has started
    with server.http() as http:
        for answer in (
            http.post("/api/copy", json={"source": "tiny", "destination": "mine"}),
            http.post("/api/create", json={"model": "m", "from": "tiny", "system": "x", "stream": False}),
            http.post(f"/api/blobs/sha256:{hashlib.sha256(b'x').hexdigest()}", content=b"x"),
        ):
            assert answer.status_code == 500
            assert "can't write" in answer.json()["error"]
            assert str(server.home) not in answer.text
        assert works(http)


@pytest.mark.parametrize(("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EROFS, False)])
def test_a_full_disk_is_told_from_one_that_refuses(number: int, full: bool) -> None:
    with pytest.raises(StoreFailed, match="can't write blob: ") as failed, storing(Path("/models")):
        raise OSError(number, os.strerror(number), "/models/blob")
    assert failed.value.full == full
    assert usual_status(failed.value) == (507 if full else 500)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of eight megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    programs = [shutil.which("mount"), shutil.which("umount")]
    mounting = [programs[0] or "", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if not all(programs) or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only, on Linux")
    yield folder
    subprocess.run([programs[1] or "", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    path = folder / "fill"
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return path


def test_a_disk_that_is_full_is_said_so_and_nothing_is_left(small_disk: Path) -> None:
    too_large = bytes(9_000_000)
    digest = f"sha256:{hashlib.sha256(too_large).hexdigest()}"
    creation = {"model": "m", "from": "tiny", "system": "x" * 9000, "stream": False}
    response = {"model": "tiny", "input": "hi", "max_output_tokens": 4}
    with running_server(small_disk / "home") as server, server.http() as http:
        answer = http.post(f"/api/blobs/{digest}", content=too_large)
        assert (answer.status_code, "No space left" in answer.json()["error"]) == (507, True)
        assert http.post("/v1/responses", json=response).status_code == 200
        filling = fill(small_disk)
        for path, body in (
            ("/v1/responses", response),
            ("/v1/responses", {**response, "background": True}),
            ("/v1/conversations", {"metadata": {"a": "b" * 500}}),
            ("/api/create", creation),
            ("/api/copy", {"source": "tiny", "destination": "mine"}),
        ):
            answer = http.post(path, json=body)
            assert answer.status_code == 507, (path, answer.text)
            assert re.search("is full|No space left", answer.text)
        *_, last = http.post("/v1/responses", json={**response, "stream": True}).text.strip().splitlines()
        failed = json.loads(last.removeprefix("data: "))
        assert failed["type"] == "response.failed"
        assert http.get(f"/v1/responses/{failed['response']['id']}").status_code == 404
        assert works(http)
        filling.unlink()
        assert http.post("/v1/responses", json=response).status_code == 200
        assert http.post("/api/create", json=creation).status_code == 200
        assert [*(small_disk / "home").rglob("*.draft")] == []


def test_a_damaged_file_can_not_be_quantized(start_server: StartServer, tmp_path: Path) -> None:
    content = bytearray(ggufs.write(tmp_path / "weights.gguf").read_bytes())
    server = start_server()
    with server.http() as http:
        for cut in (100, len(content) // 2, len(content) - 10):
            damaged = bytes(content[:cut])
            digest = f"sha256:{hashlib.sha256(damaged).hexdigest()}"
            assert http.post(f"/api/blobs/{digest}", content=damaged).status_code == 201
            asked = {"model": "m", "files": {"m.gguf": digest}, "quantize": "q8_0", "stream": False}
            answer = http.post("/api/create", json=asked)
            assert answer.status_code == 400, answer.text
            assert "m.gguf" in answer.json()["error"]
        assert [*(server.home / "models" / "staging").iterdir()] == []
        assert works(http)
