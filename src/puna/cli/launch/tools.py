"""The programs that `puna launch` knows: how each is told of a server and a model, without a file of the user's."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NO_KEY = "puna"
"""What programs get as a key that insist on one, where the server asks for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a program is to use. The URL has no slash at its end; the context is the model's, in tokens."""

    url: str
    model: str
    key: str = NO_KEY
    context: int | None = None

    @property
    def openai(self) -> str:
        """The base URL of OpenAI's API."""
        return f"{self.url}/v1"


Environment = Callable[[Target], Mapping[str, str]]
Arguments = Callable[[Target], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program: what it is called, how to get it, and the variables and arguments that point it at a server.

    `alone` are the arguments of one that does nothing when it is called with none. `agent` is one whose prompt alone
    has thousands of tokens.
    """

    title: str
    program: str
    install: str
    environment: Environment = lambda _: {}
    arguments: Arguments = lambda _: []
    alone: tuple[str, ...] = ()
    agent: bool = True


def toml(value: Any) -> str:
    """A value as TOML has it, for texts, numbers and flat tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)


def codex(target: Target) -> list[str]:
    """A provider of its own, as overrides of the configuration."""
    provider = {"name": "Puna", "base_url": target.openai, "wire_api": "responses", "env_key": "PUNA_LAUNCH_KEY"}
    settings: dict[str, Any] = {
        "model": target.model,
        "model_provider": "puna",
        "model_providers.puna": provider,
        **({"model_context_window": target.context} if target.context else {}),
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={toml(value)}")]


def claude(target: Target) -> dict[str, str]:
    """Every model that it may ask for is the one. What it adds to each prompt about itself would make each prompt a
    new one to the cache."""
    models = ("ANTHROPIC_MODEL", "ANTHROPIC_SMALL_FAST_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL")
    defaults = tuple(f"ANTHROPIC_DEFAULT_{size}_MODEL" for size in ("OPUS", "SONNET", "HAIKU"))
    return {
        "ANTHROPIC_BASE_URL": target.url,
        "ANTHROPIC_AUTH_TOKEN": target.key,
        "ANTHROPIC_API_KEY": "",
        "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
        **dict.fromkeys((*models, *defaults), target.model),
    }


def opencode(target: Target) -> dict[str, str]:
    """A provider of its own, as a configuration in a variable."""
    limit = {"limit": {"context": target.context, "output": target.context // 4}} if target.context else {}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Puna",
        "options": {"baseURL": target.openai, "apiKey": target.key},
        "models": {target.model: {"name": target.model, **limit}},
    }
    model = f"puna/{target.model}"
    config = {"provider": {"puna": provider}, "model": model, "small_model": model}
    return {"OPENCODE_CONFIG_CONTENT": json.dumps(config)}


def copilot(target: Target) -> dict[str, str]:
    """A provider of the user's own, for which it asks no account of GitHub's."""
    limit = {"COPILOT_PROVIDER_MAX_PROMPT_TOKENS": str(target.context * 3 // 4)} if target.context else {}
    return {
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_BASE_URL": target.openai,
        "COPILOT_PROVIDER_API_KEY": target.key,
        "COPILOT_MODEL": target.model,
        **limit,
    }


def openai_variables(target: Target) -> dict[str, str]:
    """What programs read that are built on OpenAI's packages."""
    return {
        "OPENAI_BASE_URL": target.openai,
        "OPENAI_API_BASE": target.openai,
        "OPENAI_API_KEY": target.key,
        "OPENAI_MODEL": target.model,
    }


def all_variables(target: Target) -> dict[str, str]:
    """What programs read that speak any of the server's APIs."""
    return {
        **openai_variables(target),
        "ANTHROPIC_BASE_URL": target.url,
        "ANTHROPIC_AUTH_TOKEN": target.key,
        "ANTHROPIC_MODEL": target.model,
        "OLLAMA_HOST": target.url,
        "OLLAMA_API_BASE": target.url,
    }


TOOLS: dict[str, Tool] = {
    "codex": Tool(
        title="Codex CLI",
        program="codex",
        install="npm install -g @openai/codex",
        environment=lambda target: {"PUNA_LAUNCH_KEY": target.key},
        arguments=codex,
    ),
    "claude": Tool(
        title="Claude Code",
        program="claude",
        install="npm install -g @anthropic-ai/claude-code",
        environment=claude,
        arguments=lambda target: ["--model", target.model],
    ),
    "opencode": Tool(
        title="OpenCode",
        program="opencode",
        install="npm install -g opencode-ai",
        environment=opencode,
    ),
    "qwen": Tool(
        title="Qwen Code",
        program="qwen",
        install="npm install -g @qwen-code/qwen-code",
        environment=openai_variables,
        arguments=lambda target: ["--auth-type", "openai", "--model", target.model],
    ),
    "copilot": Tool(
        title="GitHub Copilot CLI",
        program="copilot",
        install="npm install -g @github/copilot",
        environment=copilot,
    ),
    "aider": Tool(
        title="Aider",
        program="aider",
        install="pip install aider-chat",
        environment=openai_variables,
        arguments=lambda target: ["--model", f"openai/{target.model}", "--no-show-model-warnings"],
        agent=False,
    ),
    "gptme": Tool(
        title="gptme",
        program="gptme",
        install="pip install gptme",
        environment=openai_variables,
        arguments=lambda target: ["--model", f"local/{target.model}"],
    ),
    "sgpt": Tool(
        title="ShellGPT",
        program="sgpt",
        install="pip install shell-gpt click",
        environment=lambda target: {
            "API_BASE_URL": target.openai,
            "OPENAI_API_KEY": target.key,
            "DEFAULT_MODEL": target.model,
        },
        alone=("--repl", "temp"),
        agent=False,
    ),
}
ALIASES = {"claude-code": "claude", "qwen-code": "qwen", "copilot-cli": "copilot", "shell-gpt": "sgpt"}


def find(name: str) -> Tool | None:
    """The program of that name; None where it is not known."""
    return TOOLS.get(ALIASES.get(name, name))


def other(program: str) -> Tool:
    """Any program: it gets the variables that programs usually read."""
    return Tool(title=program, program=program, install="", environment=all_variables, agent=False)
