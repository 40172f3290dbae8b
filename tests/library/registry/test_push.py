"""Against Debian's docker-registry, as somebody else wrote it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from puna.core.errors import ModelNotFound
from puna.library import bundled
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from puna.library.registry.credentials import Credentials
from puna.library.registry.errors import RegistryError
from puna.library.registry.progress import Status, Transfer
from puna.library.registry.pull import pull
from puna.library.registry.push import push
from tests.library import ggufs
from tests.library.registry.docker import docker_registry, needs_registry
from tests.library.registry.fake_registry import Server


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    with docker_registry(tmp_path) as address:
        yield address


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    weights = ggufs.write(tmp_path / "tiny.gguf")
    model = bundled.model_of(weights)
    monkeypatch.setattr("puna.library.library.bundled", lambda: model)
    return weights


@needs_registry
async def test_what_is_pushed_and_deleted_is_pulled_back(library: Library, registry: str, tiny: Path) -> None:
    name = ModelName.parse(f"http://{registry}/me/mine:v1")
    pushed = library.copy(ModelName.parse("tiny"), name)
    steps = [step async for step in push(library, name, insecure=True)]
    assert [step for step in steps if isinstance(step, Status)] == [
        Status("retrieving manifest"),
        Status("pushing manifest"),
        Status("success"),
    ]
    library.delete(name)
    with pytest.raises(ModelNotFound):
        library.get(name)
    async for _ in pull(library, name, insecure=True):
        pass
    assert library.get(name).digest == pushed.digest
    assert library.verify(name) == []


@needs_registry
async def test_a_large_model_goes_in_pieces_and_only_once(library: Library, registry: str, tmp_path: Path) -> None:
    path = ggufs.write(tmp_path / "big.gguf", rows=300_000)
    name = ModelName.parse(f"http://{registry}/me/big")
    create(library, name, Recipe.of(Modelfile.parse(f"FROM {path}\nSYSTEM x"), tmp_path))
    first = [step async for step in push(library, name, insecure=True)]
    weights = [step.completed for step in first if isinstance(step, Transfer) and step.total > 1 << 24]
    assert len(weights) > 3
    assert weights == sorted(weights)
    again = [step async for step in push(library, name, insecure=True)]
    assert len(again) < len(first)
    library.delete(name)
    async for _ in pull(library, name, insecure=True):
        pass
    assert library.get(name).weights.read_bytes() == path.read_bytes()


async def test_a_refusal_is_told_in_the_registrys_words(server: Server, library: Library, tiny: Path) -> None:
    name = ModelName.parse(f"http://{server.address}/me/m")
    library.copy(ModelName.parse("tiny"), name)
    with pytest.raises(RegistryError, match="answers 404: there is no such thing"):
        async for _ in push(library, name, insecure=True, credentials=Credentials(), pause=0.0):
            pass


async def test_no_access_says_what_helps(server: Server, library: Library, tiny: Path) -> None:
    name = ModelName.parse(f"http://{server.address}/me/m")
    library.copy(ModelName.parse("tiny"), name)
    server.redirect = lambda request: None
    server.token = str(random.random())
    server.realm = f"http://{server.address}/v2/nobody"
    with pytest.raises(RegistryError, match="issued no token"):
        async for _ in push(library, name, insecure=True, credentials=Credentials(), pause=0.0):
            pass


def test_credentials_are_docker_logins_and_hugging_faces(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auths": {"r.io": {"auth": "bWU6cGE6c3M="}, "x": {}}}')
    credentials = Credentials.of_environment({"HF_TOKEN": "hf_x", "DOCKER_CONFIG": str(tmp_path)})
    assert credentials.basic == {"r.io": ("me", "pa:ss")}
    assert credentials.header("hf.co") == "Bearer hf_x"
    assert credentials.header("r.io") is None
    (tmp_path / "config.json").write_text("[]")
    assert Credentials.of_environment({"DOCKER_CONFIG": str(tmp_path)}) == Credentials()
