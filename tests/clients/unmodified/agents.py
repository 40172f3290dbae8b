"""Models that coding agents are tried with: each calls the agent's shell to list the files, then answers."""

import json
from pathlib import Path

from tests.scripted_model import THEN, write_scripted_model
from tests.stored_models import add_model
from tests.templates.small import CHATML

ANSWER = "The folder holds notes.txt, nothing else."
LISTS = "Lists files"
CALLS: dict[str, tuple[str, dict[str, object]]] = {
    "agent-codex": ("exec_command", {"cmd": "ls"}),
    "agent-opencode": ("bash", {"command": "ls", "description": LISTS}),
    "agent-qwen": ("run_shell_command", {"command": "ls", "description": LISTS, "is_background": False}),
    "agent-copilot": ("bash", {"command": "ls", "description": LISTS}),
}
"""By the model's name, which ends in the agent's: the shell as the agent calls it."""
CONTEXT = 2**18
"""A token is a byte here, and the first prompts of agents have up to 90,000 bytes."""


def add_agents(models: Path) -> None:
    """Put them into a store."""
    template = CHATML + "{% if messages[-1].role == 'tool' %}" + THEN + "{% endif %}"
    for name, (tool, arguments) in CALLS.items():
        call = f"<tool_call>\n{json.dumps({'name': tool, 'arguments': arguments})}\n</tool_call>"
        weights = models.parent / f"{name}.gguf"
        write_scripted_model(weights, call, template, context=CONTEXT, then=ANSWER)
        add_model(models, name, weights)
        weights.unlink()
