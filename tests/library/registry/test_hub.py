"""Pipelines of diffusers from a repository as Hugging Face has them."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from puna.core.errors import InvalidRequest, ModelNotFound
from puna.library.digest import Digest
from puna.library.library import Library
from puna.library.manifest import DOCUMENT, Layer, Manifest
from puna.library.names import ModelName
from puna.library.registry import hub
from puna.library.registry.progress import Status
from tests import pipelines
from tests.library.registry.fake_registry import Server, serving
from tests.library.registry.test_pull import pulled

REPOSITORY = "ann/shapes"


class HubServer(Server):
    """A registry without that model, beside a repository that has its files."""

    files: dict[str, bytes] = {}  # noqa: RUF012

    async def _content(self, request: web.Request) -> web.StreamResponse:
        if request.path == f"/api/models/{REPOSITORY}/tree/main":
            return web.json_response([self._entry(name) for name in self.files])
        path = request.path.removeprefix(f"/{REPOSITORY}/resolve/main/")
        if path in self.files:
            return await self._blob(request, self.files[path])
        return await super()._content(request)

    def _entry(self, name: str) -> dict[str, object]:
        content = self.files[name]
        large = {"oid": Digest.of(content).hex, "size": len(content)} if name.endswith("safetensors") else None
        return {"type": "file", "path": name, "size": len(content), **({"lfs": large} if large else {})}


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HubServer]:
    async with serving(HubServer()) as running:
        assert isinstance(running, HubServer)
        monkeypatch.setattr(hub, "HOSTS", frozenset({running.address}))
        running.files = pipelines.files()
        yield running


def name(server: Server) -> ModelName:
    return ModelName.parse(f"http://{server.address}/{REPOSITORY}")


async def test_a_repository_of_diffusers_is_pulled(server: HubServer, library: Library) -> None:
    steps = await pulled(library, name(server))
    assert steps[-1] == Status("success")
    model = library.get(name(server))
    assert (model.kind, model.capabilities, set(model.files)) == ("diffusers", ("image",), pipelines.WANTED)
    assert library.verify(name(server)) == []
    asked = {request.path.rpartition("/")[2] for request in server.requests}
    assert "diffusion_pytorch_model.fp16.safetensors" in asked
    assert not {"diffusion_pytorch_model.bin", "whole.safetensors", "README.md"} & asked


async def test_pulled_again_it_is_the_same_model_and_no_weights_come(server: HubServer, library: Library) -> None:
    await pulled(library, name(server))
    digest = library.get(name(server)).digest
    server.requests.clear()
    await pulled(library, name(server))
    assert library.get(name(server)).digest == digest
    assert not [request for request in server.requests if request.path.endswith("safetensors")]


async def test_a_repository_without_a_pipeline_is_not_found(server: HubServer, library: Library) -> None:
    del server.files["model_index.json"]
    with pytest.raises(ModelNotFound):
        await pulled(library, name(server))


async def test_code_of_its_own_is_refused_before_weights_come(server: HubServer, library: Library) -> None:
    index = {**pipelines.INDEX, "unet": ["my.own", "Net"]}
    server.files["model_index.json"] = json.dumps(index).encode()
    with pytest.raises(InvalidRequest, match="code of its own"):
        await pulled(library, name(server))
    assert not [request for request in server.requests if request.path.endswith("safetensors")]


async def test_ollamas_layout_is_refused_with_what_to_pull_instead(server: HubServer, library: Library) -> None:
    index, tensor = json.dumps({"_class_name": "ZImagePipeline"}).encode(), b"a tensor"
    server.blobs |= {str(Digest.of(content)): content for content in (index, tensor)}
    layers = [
        Layer(DOCUMENT, Digest.of(index), len(index), name="model_index.json"),
        Layer("application/vnd.ollama.image.tensor", Digest.of(tensor), len(tensor), name="transformer/w"),
    ]
    server.manifests["latest"] = Manifest.of(layers[0], layers).raw
    with pytest.raises(InvalidRequest, match=r"pull hf\.co/Tongyi-MAI/Z-Image-Turbo instead"):
        await pulled(library, name(server))
    assert str(Digest.of(tensor)) not in [request.path.rpartition("/")[2] for request in server.requests]
