"""Signing in with a key, against a server that checks signatures as Ollama's registry does."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)

from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.registry.credentials import Credentials
from puna.library.registry.errors import RegistryError
from puna.library.registry.pull import pull
from tests.library.registry.fake_registry import Server, serving

TOKEN = "for those who signed"


class SigningServer(Server):
    """Gives its token only for a signature of a key that it knows."""

    known: frozenset[str] = frozenset()
    nonces: frozenset[str] = frozenset()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/token":
            return await super().answer(request)
        self.requests.append(request)
        public, _, signature = request.headers.get("Authorization", "").partition(":")
        if public not in self.known or request.query["nonce"] in self.nonces:
            return web.json_response({"error": "who are you?"}, status=401)
        self.nonces |= {request.query["nonce"]}
        assert abs(time.time() - int(request.query["ts"])) < 300
        no_body = base64.b64encode(hashlib.sha256(b"").hexdigest().encode()).decode()
        key = load_ssh_public_key(f"ssh-ed25519 {public}".encode())
        assert isinstance(key, Ed25519PublicKey)
        with suppress(InvalidSignature):
            message = f"GET,http://{self.address}{request.raw_path},{no_body}"
            key.verify(base64.b64decode(signature), message.encode())
            return web.json_response({"token": TOKEN})
        return web.json_response({"error": "that is not your signature"}, status=401)


@pytest.fixture
async def signing() -> AsyncIterator[SigningServer]:
    server = SigningServer(token=TOKEN, realm="/token?account=me")
    async with serving(server):
        yield server


def write_key(path: Path) -> str:
    """A new key; its public half as ssh-keygen writes it, without the kind."""
    private = Ed25519PrivateKey.generate()
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1].decode()


async def pulled(library: Library, server: Server, key: Path) -> ModelName:
    name = ModelName.parse(f"http://{server.address}/me/m")
    async for _ in pull(
        library, name, insecure=True, credentials=Credentials(keys={server.address: key}), pause=0.01
    ):
        pass
    return name


async def test_a_key_that_the_registry_knows_opens_it(
    signing: SigningServer, library: Library, tmp_path: Path
) -> None:
    manifest = signing.offer("latest", b"{}", b"weights")
    signing.known = frozenset({write_key(tmp_path / "key")})
    name = await pulled(library, signing, tmp_path / "key")
    assert library.get(name).digest == manifest.digest.hex
    [asked] = [request for request in signing.requests if request.path == "/token"]
    assert asked.query["service"] == "test"
    assert asked.query["scope"] == "repository:me/m:pull"
    assert asked.query["account"] == "me"


async def test_a_key_that_it_does_not_know_does_not(signing: SigningServer, library: Library, tmp_path: Path) -> None:
    signing.offer("latest", b"{}", b"weights")
    write_key(tmp_path / "key")
    with pytest.raises(RegistryError, match="issued no token"):
        await pulled(library, signing, tmp_path / "key")


async def test_a_file_that_is_no_such_key_is_named(signing: SigningServer, library: Library, tmp_path: Path) -> None:
    signing.offer("latest", b"{}", b"weights")
    (tmp_path / "none").write_text("no key")
    with pytest.raises(RegistryError, match=r"none can't be read"):
        await pulled(library, signing, tmp_path / "none")
    other = generate_private_key(65537, 2048)
    (tmp_path / "rsa").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    with pytest.raises(RegistryError, match="not of the kind Ed25519"):
        await pulled(library, signing, tmp_path / "rsa")


def test_the_key_is_punas_own_or_ollamas(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PUNA_HOME": str(tmp_path / "puna")}
    assert Credentials.of_environment(environment).keys == {}
    for folder in (".ollama", "puna"):
        (tmp_path / folder).mkdir()
        write_key(tmp_path / folder / "id_ed25519")
        keys = Credentials.of_environment(environment).keys
        assert keys["registry.ollama.ai"] == tmp_path / folder / "id_ed25519"
        assert "docker.io" not in keys
