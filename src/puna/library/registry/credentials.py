"""Who we are to a registry."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

HUGGING_FACE = ("hf.co", "huggingface.co")
OLLAMA = ("registry.ollama.ai", "ollama.com")
KEY = "id_ed25519"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Passwords and tokens by registry host.

    `basic` are user names with passwords, as Docker's config.json keeps them; `tokens` are sent as they are; `keys`
    are files of private keys, with which a request for a token is signed.
    """

    basic: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> "Credentials":
        """HF_TOKEN for Hugging Face, Puna's or Ollama's key for Ollama, what `docker login` left for the others."""
        token = environment.get("HF_TOKEN")
        home = Path(environment.get("HOME", "~")).expanduser()
        docker = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
        places = (Path(environment.get("PUNA_HOME") or home / ".puna").expanduser(), home / ".ollama")
        key = next((folder / KEY for folder in places if (folder / KEY).is_file()), None)
        return cls(
            _of_docker(docker / "config.json"),
            dict.fromkeys(HUGGING_FACE, token) if token else {},
            dict.fromkeys(OLLAMA, key) if key else {},
        )

    def header(self, host: str) -> str | None:
        """The Authorization header that a host gets before it asks; None where we have nothing to say."""
        token = self.tokens.get(host)
        return f"Bearer {token}" if token else None

    def basic_header(self, host: str) -> str | None:
        """The Authorization header with name and password, for a host that asks for them."""
        if host not in self.basic:
            return None
        return "Basic " + base64.b64encode(":".join(self.basic[host]).encode()).decode()


def _of_docker(path: Path) -> dict[str, tuple[str, str]]:
    try:
        auths = orjson.loads(path.read_bytes()).get("auths", {})
        entries = {host: base64.b64decode(entry["auth"]).decode() for host, entry in auths.items() if "auth" in entry}
    except (OSError, ValueError, AttributeError, TypeError, binascii.Error):
        return {}
    pairs = {host: entry.partition(":") for host, entry in entries.items()}
    return {host: (user, password) for host, (user, colon, password) in pairs.items() if colon}
