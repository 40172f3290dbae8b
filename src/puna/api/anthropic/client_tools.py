"""The tools of Anthropic's own that its clients run: what a model has to know of them, which was not trained to use
them. Their arguments are those that the clients' packages read."""

from typing import Any

from puna.core.tools import Tool

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}


def commands(arguments: dict[str, Schema], required: dict[str, tuple[str, ...]]) -> Schema:
    """The arguments of a tool of several commands: each has those that it needs, and may have others."""
    properties = {"command": {"type": "string", "enum": list(required)}, **arguments}
    told = "; ".join(f"{name} needs {', '.join(needed)}" for name, needed in required.items())
    return {
        "type": "object",
        "properties": properties,
        "required": ["command"],
        "description": f"What each command needs: {told}.",
    }


FILES: dict[str, Schema] = {
    "path": {"type": "string", "description": "The path of the file or folder."},
    "file_text": {"type": "string", "description": "The content of the new file."},
    "old_str": {"type": "string", "description": "The text to replace; it must occur exactly once."},
    "new_str": {"type": "string", "description": "The replacement."},
    "insert_line": {"type": "integer", "description": "The line to insert after, 0 for the beginning."},
    "insert_text": {"type": "string", "description": "The text to insert."},
    "view_range": {"type": "array", "items": NUMBER, "description": "The first and the last line to show."},
}
EDITING = {
    "view": ("path",),
    "create": ("path", "file_text"),
    "str_replace": ("path", "old_str", "new_str"),
    "insert": ("path", "insert_line", "insert_text"),
}
BASH: Schema = {
    "type": "object",
    "properties": {
        "command": {"type": "string", "description": "The command to run."},
        "restart": {"type": "boolean", "description": "Restart the shell instead of running a command."},
    },
}


def bash(name: str) -> Tool:
    """A shell that goes on from call to call."""
    return Tool(name=name, description="Runs a command in a shell that keeps its state.", parameters=BASH)


def text_editor(name: str, characters: int | None) -> Tool:
    """An editor of files. `characters` are as many as it shows of a file."""
    shown = f" A file is shown up to {characters} characters." if characters else ""
    return Tool(
        name=name,
        description=f"Shows, creates and edits text files.{shown}",
        parameters=commands(FILES, EDITING),
    )


def memory(name: str) -> Tool:
    """Files that outlive the conversation."""
    paths = {"old_path": TEXT, "new_path": TEXT}
    more = {"delete": ("path",), "rename": ("old_path", "new_path")}
    return Tool(
        name=name,
        description="Keeps what is worth remembering in text files under /memories, which are there in later "
        "conversations. Check what is there before starting a task.",
        parameters=commands(FILES | paths, EDITING | more),
    )
