"""The templates that stand for Ollama's renderers, against those renderers: `python -m tests.library.renderers FOLDER
PAGE`.

A small Go program renders conversations with Ollama's module; Puna's templates render the same. What differs has to
be named below. Then each template is tried with a model that says what it is told to, as published ones are. PAGE
gets the table. It needs Go.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from puna.library.template.renderers import NAMES, rendering
from tests.library.ollama import built, write_between
from tests.library.rendered import render
from tests.library.renderers.battery import CONVERSATIONS, MARK, TOOLS, Conversation, conversations
from tests.templates.__main__ import AT_ONCE, EVERY, walk

VERSION = "v0.34.4"
MARKS = "<!-- make test-renderers -->", "<!-- end of renderers -->"
BOS = ("<bos>", "<|begin_of_text|>", "<｜begin▁of▁sentence｜>", "<BOS_TOKEN>", "<|startoftext|>", "〈|EOS|〉", "<s>")  # noqa: RUF001
TEMPLATED = ("harmony",)
"""What Ollama writes with a template, so that no renderer has the name."""

MEDIUM = ("qwen3.8",)
"""Where a think of true is Ollama's middle level, as it is in Puna's API."""

SECOND = "a second system message is in the prompt, where Ollama leaves it out"
TEXT = "text beside a call is in the prompt, where Ollama leaves it out"
BEFORE = "text beside a call is before it, where Ollama has it behind"
CALLS = "calls and their results are in the prompt, where Ollama leaves them out"
CLOSED = "a thought is closed before a call, where Ollama leaves it open"
DULL = "no thought is opened for a model that has none"

_SYSTEM, _BESIDE = "a second system message", "a call with text"
_WITH_CALLS = {each.name for each in CONVERSATIONS if each.tools} - {"tools"}
DEVIATIONS: dict[str, dict[str, str]] = {
    "cogito": {_SYSTEM: SECOND},
    "cohere": {_BESIDE: TEXT},
    "glimmer": {_BESIDE: TEXT},
    "lfm2": {_BESIDE: BEFORE},
    "lfm2-thinking": {_BESIDE: BEFORE},
    "olmo3": {_SYSTEM: SECOND},
    "olmo3-32b-think": {_SYSTEM: SECOND, **dict.fromkeys(_WITH_CALLS, CALLS)},
    "olmo3-think": {_SYSTEM: SECOND, **dict.fromkeys(_WITH_CALLS, CALLS)},
    "olmo3.1": {_SYSTEM: SECOND},
    "qwen3-coder": {_SYSTEM: SECOND},
    "qwen3-vl-instruct": {each.name: DULL for each in CONVERSATIONS},
    "qwen3-vl-thinking": {"a call after a thought": CLOSED, "a call after a call": CLOSED},
}
"""Why a conversation's prompt differs, by renderer."""


def rendered(program: Path, name: str) -> list[str]:
    """Ollama's prompts."""
    asked = [
        {"renderer": name, "messages": each.messages, "tools": TOOLS if each.tools else None, "think": each.think}
        for each in conversations(name)
    ]
    done = subprocess.run([program], input=json.dumps(asked), capture_output=True, text=True, check=True)
    prompts: list[str] = json.loads(done.stdout)
    return prompts


def ours(name: str, conversation: Conversation, *, compact: bool) -> str:
    """Puna's prompt, from messages as the engine hands them to templates."""
    messages: list[dict[str, Any]] = []
    for message in conversation.messages:
        if message["role"] == "tool" and name.startswith("gemma4"):
            answer = {"name": message["tool_name"], "response": message["content"]}
            messages[-1].setdefault("tool_responses", []).append(answer)
            continue
        names = {"thinking": "reasoning_content", "tool_name": "name"}
        messages.append({names.get(key, key): value for key, value in message.items()})
    return render(
        name,
        messages,
        compact=compact,
        tools=TOOLS if conversation.tools else None,
        **thinking(name, conversation.think),
    )


def thinking(name: str, think: bool | str | None) -> dict[str, Any]:
    """The variables of a template that say how much to think."""
    if think is None:
        return {}
    level = "medium" if think is True and name in MEDIUM else think
    return {"enable_thinking": bool(think), "reasoning_effort": level if isinstance(level, str) else None}


def compared(prompt: str, conversation: Conversation) -> str:
    """What has to be the same: with tools what is behind their description, else everything but the first token."""
    if conversation.tools:
        return prompt[prompt.find(MARK) :]
    for token in BOS:
        prompt = prompt.removeprefix(token)
    return prompt


def differing(program: Path, name: str) -> dict[str, str]:
    """The conversations whose prompts differ, and why; an empty reason where nobody has named one."""
    found = {}
    for conversation, theirs in zip(conversations(name), rendered(program, name), strict=True):
        forms = [compared(ours(name, conversation, compact=compact), conversation) for compact in (False, True)]
        if compared(theirs, conversation) not in forms:
            found[conversation.title] = DEVIATIONS.get(name, {}).get(conversation.name, "")
    return found


async def failing(names: Sequence[str]) -> list[list[str]]:
    """Which cases of the battery of templates do not hold, for each renderer."""
    turn = asyncio.Semaphore(AT_ONCE)
    rows = await asyncio.gather(*(walk(name, rendering(name) or "", turn) for name in names))
    return [[case for cases in row.values() for case in cases] for row in rows]


def main(folder: str, page: str, *names: str) -> int:
    Path(folder).mkdir(parents=True, exist_ok=True)
    program = built(Path(__file__).parent / "prompts", VERSION, Path(folder))
    lines = [
        f"| renderer | Ollama's prompts ({VERSION}) | what differs | cases of docs/templates.md |",
        "|---|---|---|---|",
    ]
    good = True
    tried = names or (*NAMES,)
    for name, failed in zip(tried, asyncio.run(failing(tried)), strict=True):
        same, why = "", "no renderer, a template"
        if name not in TEMPLATED:
            found = differing(program, name)
            unnamed = [title for title, reason in found.items() if not reason]
            good = good and not unnamed
            count = len(conversations(name))
            same = f"{count - len(found)} of {count}"
            why = "; ".join(dict.fromkeys([*unnamed, *filter(None, found.values())]))
        good = good and not failed
        lines.append(f"| `{name}` | {same} | {why} | {len(EVERY) - len(failed)} of {len(EVERY)} |")
        print(lines[-1], *failed, flush=True)
    if not names:
        write_between(Path(page), *MARKS, "\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
