"""Ollama on the same folder, after Puna has translated its models: `PUNA_OLLAMA` is the path of the program."""

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.translating import translate
from tests.library.layouts.test_engine import picture
from tests.library.layouts.toy_gemma3 import write_gemma3
from tests.library.layouts.toy_gptoss import write_gptoss
from tests.library.layouts.toys import Toy
from tests.stored_models import add_model

PROGRAM = os.environ.get("PUNA_OLLAMA")
TOYS: dict[str, Callable[[Path], Toy]] = {"gpt-oss": write_gptoss, "gemma3": write_gemma3}
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="PUNA_OLLAMA names no Ollama")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder as Ollama has pulled it, with what Puna made of it."""
    folder = tmp_path / "models"
    for name, write in TOYS.items():
        add_model(folder, name, write(tmp_path).published)
        model = Library(folder).get(ModelName.parse(name))
        translate(model)
        assert model.translated
    return folder


@pytest.fixture
def ollama(models: Path, tmp_path: Path) -> Iterator[httpx2.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    own = {
        "OLLAMA_MODELS": str(models),
        "OLLAMA_HOST": address,
        "HOME": str(tmp_path),
        "OLLAMA_CONTEXT_LENGTH": "512",
    }
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen([PROGRAM or "", "serve"], env=os.environ | own, stdout=log, stderr=log) as process,
        httpx2.Client(base_url=f"http://{address}", trust_env=False, timeout=120) as client,
    ):
        try:
            given_up = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < given_up:
                try:
                    client.get("/api/version")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            yield client
        finally:
            process.terminate()


def digests(models: Path) -> dict[str, str]:
    return {
        path.name: f"sha256-{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in (models / "blobs").iterdir()
    }


def test_ollama_goes_on_with_the_blobs(ollama: httpx2.Client, models: Path) -> None:
    for name in TOYS:
        body = {"model": name, "prompt": "the heat", "raw": True, "stream": False, "options": {"num_predict": 3}}
        assert ollama.post("/api/generate", json=body).json()["eval_count"] > 0
    seen = {"model": "gemma3", "prompt": "the", "images": [picture().partition(",")[2]], "stream": False}
    assert ollama.post("/api/generate", json=seen | {"options": {"num_predict": 3}}).json()["prompt_eval_count"] > 16
    assert all(name == digest for name, digest in digests(models).items())
