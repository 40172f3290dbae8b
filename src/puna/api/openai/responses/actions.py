"""Tools that the client runs and that have calls of their own form: shells, patches, the search for tools.

To the model each of them is a function of the same name. Its calls and their results are items of their own types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from puna.core.tools import Tool

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One such tool. `fields` are what a call's item has beside id and status, made of the arguments that the model
    wrote; `arguments` is the way back, and `result` what the model reads of an output."""

    tool: Tool
    call: str
    output: str
    prefix: str
    fields: Callable[[Mapping[str, Any]], Fields]
    arguments: Callable[[Mapping[str, Any]], Fields]
    result: Callable[[Mapping[str, Any]], str]

    def read(self, arguments: str) -> Fields:
        """The fields of a call with those arguments, which may have been cut off."""
        try:
            given = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            given = {}
        return self.fields(given if isinstance(given, dict) else {})


def schema(required: list[str], **properties: Any) -> dict[str, Any]:
    """The schema of a function's arguments."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def present(**fields: Any) -> Fields:
    """Those that are not null."""
    return {name: value for name, value in fields.items() if value is not None}


TIMEOUT = {"type": "integer", "minimum": 0, "description": "The timeout in milliseconds"}

LOCAL_SHELL = Action(
    tool=Tool(
        name="local_shell",
        description="Runs a program on the user's machine and returns what it prints.",
        parameters=schema(
            ["command"],
            command={"type": "array", "items": {"type": "string"}, "description": "The program and its arguments"},
            working_directory=text("The working directory"),
            timeout_ms=TIMEOUT,
        ),
        strict=True,
    ),
    call="local_shell_call",
    output="local_shell_call_output",
    prefix="lsh",
    fields=lambda given: {
        "action": {
            "type": "exec",
            "command": given.get("command", []),
            "env": {},
            "timeout_ms": given.get("timeout_ms"),
            "user": None,
            "working_directory": given.get("working_directory"),
        }
    },
    arguments=lambda item: present(
        command=item["action"]["command"],
        working_directory=item["action"].get("working_directory"),
        timeout_ms=item["action"].get("timeout_ms"),
    ),
    result=lambda item: str(item["output"]),
)

SHELL = Action(
    tool=Tool(
        name="shell",
        description="Runs shell commands on the user's machine and returns what they print.",
        parameters=schema(
            ["commands"],
            commands={"type": "array", "items": {"type": "string"}, "description": "Commands, run one after another"},
            timeout_ms=TIMEOUT,
            max_output_length={"type": "integer", "minimum": 0, "description": "The most characters to return"},
        ),
        strict=True,
    ),
    call="shell_call",
    output="shell_call_output",
    prefix="sh",
    fields=lambda given: {
        "action": {
            "commands": given.get("commands", []),
            "timeout_ms": given.get("timeout_ms"),
            "max_output_length": given.get("max_output_length"),
        },
        "environment": {"type": "local"},
    },
    arguments=lambda item: present(
        commands=item["action"]["commands"],
        timeout_ms=item["action"].get("timeout_ms"),
        max_output_length=item["action"].get("max_output_length"),
    ),
    result=lambda item: "\n".join(printed(one) for one in item["output"]),
)

OPERATIONS = ("create_file", "update_file", "delete_file")

APPLY_PATCH = Action(
    tool=Tool(
        name="apply_patch",
        description="Creates, changes or deletes one file on the user's machine.",
        parameters=schema(
            ["type", "path", "diff"],
            type={"type": "string", "enum": list(OPERATIONS)},
            path=text("The file"),
            diff=text(
                "For update_file: hunks, each a line '@@' and then lines that begin with a space (stays), '-' (goes) "
                "or '+' (comes). For create_file: all lines of the file, each with a '+' before it. For delete_file: "
                "nothing"
            ),
        ),
        strict=True,
    ),
    call="apply_patch_call",
    output="apply_patch_call_output",
    prefix="apc",
    fields=lambda given: {
        "operation": {
            "type": given.get("type", OPERATIONS[0]),
            "path": given.get("path", ""),
            **({} if given.get("type") == "delete_file" else {"diff": given.get("diff", "")}),
        }
    },
    arguments=lambda item: {"diff": "", **item["operation"]},
    result=lambda item: "\n".join(filter(None, (item["status"], item.get("output")))),
)

TOOL_SEARCH = Action(
    tool=Tool(
        name="tool_search",
        description="Searches for more tools by what they are needed for. Tools that were found can be called.",
        parameters=schema(["query"], query=text("What a tool is needed for")),
        strict=True,
    ),
    call="tool_search_call",
    output="tool_search_output",
    prefix="tsc",
    fields=lambda given: {"execution": "client", "arguments": dict(given)},
    arguments=lambda item: dict(item["arguments"]),
    result=lambda item: found(item["tools"]),
)

ACTIONS = {action.tool.name: action for action in (LOCAL_SHELL, SHELL, APPLY_PATCH, TOOL_SEARCH)}
"""By the name that tool has in a request and with the model."""
CALLS = {action.call: action for action in ACTIONS.values()}
OUTPUTS = {action.output: action for action in ACTIONS.values()}


def printed(output: Mapping[str, Any]) -> str:
    """What one command printed, and how it ended."""
    outcome = output["outcome"]
    end = "timed out" if outcome["type"] == "timeout" else f"exit code {outcome['exit_code']}"
    parts = [output["stdout"].rstrip("\n"), output["stderr"].rstrip("\n"), f"[{end}]"]
    return "\n".join(filter(None, parts))


def found(tools: list[Mapping[str, Any]]) -> str:
    """What a search says it found; the tools themselves are offered from then on."""
    names = [str(tool.get("name", tool["type"])) for tool in tools]
    return f"Found: {', '.join(names)}" if names else "Nothing found"
