"""What the user decided, read from the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from puna.core.errors import PunaError
from puna.settings.values import Share
from puna.settings.variables import VARIABLES

SECRET = ("API_KEYS", "DATABASE_URL")
"""Variables whose values are not shown."""


class SettingError(PunaError):
    """A variable has a value that can't be used."""


def default_home() -> Path:
    """`.puna` in the user's home. A user without one is told what to set."""
    try:
        return Path.home() / ".puna"
    except RuntimeError as error:
        raise SettingError("this user has no home folder: set PUNA_HOME to a folder that Puna can use") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user decided. Times are in seconds, infinite for "never"; sizes are in bytes.

    What is kept of responses and conversations goes after `…_max_age` seconds or when there are more than
    `…_max_count`; None keeps it. `database_url` None means SQLite in `home`. `https` and `path` are how a server that
    something stands in front of is reached.
    """

    host: str = "127.0.0.1"
    port: int = 11434
    https: bool = False
    path: str = ""
    home: Path = field(default_factory=default_home)
    models: Path = field(default_factory=lambda: default_home() / "models")
    keep_alive: float = 300.0
    parallel: int | None = None
    replicas: int = 1
    context_length: int | None = None
    flash_attention: str = "auto"
    speculation: str = "auto"
    cache_type: str = "f16"
    threads: int | None = None
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    api_keys: frozenset[str] = frozenset()
    api_keys_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    llama_server: Path | None = None
    max_loaded_models: int | None = None
    max_queue: int = 512
    max_request_size: int | None = 256 * 1024**2
    max_text_size: int | None = 16 * 1024**2
    max_values: int | None = 300_000
    max_properties: int | None = 5_000
    max_messages: int | None = 2_048
    max_parts: int | None = 2_048
    max_inputs: int | None = 2_048
    max_tools: int | None = 128
    schema_attempts: int = 5
    memory: int | Share | None = None
    prompt_cache: int | Share | None = None
    save_prompts: bool = True
    load_timeout: float = 300.0
    stall_timeout: float = 30.0
    connect_timeout: float = 5.0
    upstream_timeout: float = 300.0
    check_interval: float = 10.0
    shutdown_timeout: float = 20.0
    head_timeout: float = 20.0
    body_timeout: float = 30.0
    read_timeout: float = 60.0
    idle_timeout: float = 75.0
    max_connections: int | None = None
    access_log: bool = True
    log_format: str = "auto"
    debug: bool = False
    nohistory: bool = False
    database_url: str | None = None
    responses_max_age: float | None = 30 * 24 * 3600.0
    responses_max_count: int | None = 100_000
    conversations_max_age: float | None = None
    image_hosts: tuple[str, ...] = ()

    @property
    def body_limits(self) -> dict[str, int | None]:
        """How much a body may have in it, by what: bytes (`request`, `text`), `values`, `messages`, …"""
        return {
            "request": self.max_request_size,
            "text": self.max_text_size,
            "values": self.max_values,
            "properties": self.max_properties,
            "messages": self.max_messages,
            "parts": self.max_parts,
            "inputs": self.max_inputs,
            "tools": self.max_tools,
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables; an empty one counts as unset.

        Raises:
            SettingError: naming the variable.
        """
        found: dict[str, Any] = {}
        for name, known in VARIABLES.items():
            for variable in (f"PUNA_{name}", f"OLLAMA_{name}"):
                if text := environment.get(variable, "").strip():
                    found |= read(variable, text, known.field, known.parse)
                    break
        if "PUNA_API_KEYS" in environment and "api_keys" not in found:
            raise SettingError("PUNA_API_KEYS is empty, which would let everybody in: set a key, or unset it")
        if ("tls_cert" in found) != ("tls_key" in found):
            raise SettingError("PUNA_TLS_CERT and PUNA_TLS_KEY belong together: one of them is missing")
        if "home" in found:
            found.setdefault("models", found["home"] / "models")
        return cls(**found)


def read(variable: str, text: str, field: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    """The fields one variable sets."""
    try:
        value = parse(text)
    except (ValueError, RuntimeError) as error:  # RuntimeError: `~` of a user without a home
        shown = "" if variable.endswith(SECRET) else f"={text}"
        raise SettingError(f"{variable}{shown}: {error}") from error
    return value if field == "" else {field: value}
