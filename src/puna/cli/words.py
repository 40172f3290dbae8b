"""The words of a session's commands, and what they do."""

from typing import Any

COMMANDS = {
    "/set": "Change how the session goes on; /? set lists what can be set",
    "/show": "Show what the model is; /? show lists its parts",
    "/load MODEL": "Go on with another model, from the beginning",
    "/save NAME": "Make a model of this session, with all that was said",
    "/clear": "Forget all that was said",
    "/bye": "Leave",
    "/?, /help": "This help; /? set, /? show and /? shortcuts tell more",
}

SET = {
    "/set parameter NAME VALUE": "Set a parameter; more values than one for stop",
    "/set system TEXT": "Set the system message",
    "/set format json": "Have every answer be a JSON object; a JSON Schema may stand there too",
    "/set noformat": "Have answers in any form",
    "/set think [LEVEL]": "Have the model think: low, medium, high or max",
    "/set nothink": "Have the model not think",
    "/set history": "Keep what is typed for the next session",
    "/set nohistory": "Do not keep what is typed",
    "/set wordwrap": "Render Markdown, and wrap lines between words",
    "/set nowordwrap": "Show answers as they are",
    "/set verbose": "Show what each answer took",
    "/set quiet": "Do not show what answers took",
}

SHOW = {
    "/show info": "What matters most",
    "/show license": "The licence",
    "/show modelfile": "The Modelfile",
    "/show parameters": "The parameters of the model, and those set here",
    "/show system": "The system message",
    "/show template": "The template",
}

SHORTCUTS = {
    "Ctrl-A, Ctrl-E": "To the beginning, or the end, of the line",
    "Alt-B, Alt-F": "A word back, or forward",
    "Ctrl-K, Ctrl-U": "Delete to the end, or the beginning, of the line",
    "Ctrl-W": "Delete the word before",
    "Ctrl-R": "Search what was typed before; Up and Down walk through it",
    "Ctrl-L": "Clear the screen",
    "Ctrl-C": "Stop the answer",
    "Ctrl-D": "Leave",
}

NOTES = '''Begin a message with """ to write more than one line; """ ends it.
A picture is shown to a model that sees by its path in the message: ./picture.jpg'''


def nested(*tables: dict[str, str]) -> dict[str, Any]:
    """The words as the editor completes them."""
    tree: dict[str, Any] = {}
    for written in (entry for table in tables for entry in table):
        for alternative in written.split(", "):
            words = [word for word in alternative.split() if not word.isupper() and not word.startswith("[")]
            place = tree
            for word in words:
                place = place.setdefault(word, {})
    return tree


WORDS = nested(COMMANDS, SET, SHOW)
