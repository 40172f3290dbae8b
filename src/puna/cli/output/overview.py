"""A model in sections, as `puna show` and `/show info` print it."""

from collections.abc import Sequence
from typing import Any

from puna.cli.output.table import render_table

FIRST_LINES = 2
"""How many lines of a long text the overview has."""


def render_overview(shown: dict[str, Any], *, verbose: bool) -> str:
    """What /api/show says of a model. `verbose` adds the whole header of its weights."""
    info = shown["model_info"]
    sections: dict[str, Sequence[Sequence[str]]] = {
        "Model": [
            *model_rows(shown["details"], info),
            *template_row(shown),
            *translated_row(shown),
            *requires_row(shown),
        ],
        "Servers": [(server["url"], server["model"]) for server in shown.get("servers", ())],
        "Capabilities": [(capability,) for capability in shown["capabilities"]],
        "Projector": projector_rows(shown.get("projector_info", {})),
        "Parameters": [tuple(line.split(maxsplit=1)) for line in shown["parameters"].splitlines()],
        "Metadata": [(key, cell(value)) for key, value in sorted(info.items())] if verbose else [],
        "Tensors": [(each["name"], each["type"], str(each["shape"])) for each in shown.get("tensors", ())],
        "System": beginning(shown["system"]),
        "License": beginning(shown["license"]),
    }
    return "\n\n".join(f"  {title}\n{render_table(rows, indent='    ')}" for title, rows in sections.items() if rows)


def model_rows(details: dict[str, Any], info: dict[str, Any]) -> list[tuple[str, ...]]:
    """What matters most of the weights."""
    architecture = info.get("general.architecture", details["family"])
    values = {
        "architecture": architecture,
        "parameters": details["parameter_size"],
        "context length": info.get(f"{architecture}.context_length"),
        "embedding length": info.get(f"{architecture}.embedding_length"),
        "quantization": details["quantization_level"],
    }
    return [(name, str(value)) for name, value in values.items() if value]


def template_row(shown: dict[str, Any]) -> list[tuple[str, ...]]:
    """That a model that generates has no chat template, where that is so."""
    bare = "completion" in shown["capabilities"] and not shown["template"] and "servers" not in shown
    return [("chat template", "none: it continues plain text")] if bare else []


def translated_row(shown: dict[str, Any]) -> list[tuple[str, ...]]:
    """Why engines read other files than the ones that were pulled, where they do."""
    return [("translated", shown["translated"])] if "translated" in shown else []


def requires_row(shown: dict[str, Any]) -> list[tuple[str, ...]]:
    """The version of Ollama that the model asks for."""
    return [("requires", f"Ollama {shown['requires']}")] if "requires" in shown else []


def projector_rows(info: dict[str, Any]) -> list[tuple[str, ...]]:
    """What matters most of what reads pictures."""
    keys = ("general.architecture", "general.parameter_count")
    return [(key.partition(".")[2].replace("_", " "), str(info[key])) for key in keys if key in info]


def beginning(text: str) -> list[tuple[str, ...]]:
    """The first lines of a text."""
    lines = [(line.strip(),) for line in text.splitlines() if line.strip()]
    return [*lines[:FIRST_LINES], *([("...",)] if len(lines) > FIRST_LINES else [])]


def cell(value: Any) -> str:
    """A value, or the beginning of a long one."""
    if isinstance(value, list) and len(value) > 3:
        return f"[{', '.join(map(str, value[:3]))}, … {len(value) - 3} more]"
    return str(value)
