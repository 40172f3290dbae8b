"""What is changed in llama.cpp's source before it is compiled: each request decides what is drafted for it, and
conversations that begin alike keep what they have of their own.

Its server drafts for all requests or for none. A token that was drafted has no log probabilities, and there is no way
to name a text to draft from. And where two conversations share more than half of a prompt, each overwrites the rest
of the other's. An edit is a place that occurs once in a file and what stands there instead; where one of them does
not fit, nothing is changed, and the build works as llama.cpp does.
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """A file of llama.cpp, a place in it, and what stands there instead."""

    file: str
    place: str
    text: str


EDITS = (
    Edit(
        "tools/server/server-task.h",
        "    bool timings_per_token   = false;\n",
        "    bool timings_per_token   = false;\n"
        "    std::vector<llama_token> draft_from; // beside the tokens of the request itself\n",
    ),
    Edit(
        "tools/server/server-schema.cpp",
        '    add((new field_json("lora"))\n',
        '    add((new field_json("draft_from"))\n'
        '        ->set_desc("Tokens to draft from, beside those of the request itself")\n'
        "        ->set_handler([&](field_eval_context & ctx, const json & data) {\n"
        '            ctx.params.draft_from = data.at("draft_from").get<std::vector<llama_token>>();\n'
        "        }));\n\n"
        '    add((new field_json("lora"))\n',
    ),
    Edit(
        "tools/server/server-context.cpp",
        "        if (!can_speculate()) {\n            return 0;\n        }\n",
        "        // an accepted token has no probabilities\n"
        "        if (!can_speculate() || task->params.sampling.n_probs > 0) {\n            return 0;\n        }\n",
    ),
    Edit(
        "tools/server/server-context.cpp",
        "                        slot.spec_prompt = slot.prompt.tokens.get_text_tokens();\n",
        "                        slot.spec_prompt = slot.task->params.draft_from;\n"
        "                        const auto text_tokens = slot.prompt.tokens.get_text_tokens();\n"
        "                        slot.spec_prompt.insert("
        "slot.spec_prompt.end(), text_tokens.begin(), text_tokens.end());\n",
    ),
    Edit(
        "tools/server/server-context.cpp",
        "                if (f_keep < 0.5f) {\n",
        "                // what is lost is saved, and the prompt's own is loaded\n"
        "                if (f_keep < 0.95f) {\n",
    ),
)
MARK = b"Tokens to draft from, beside those of the request itself"
"""What stands in a program of the changed source, and in no other."""


def change(source: Path, edits: Sequence[Edit] = EDITS) -> bool:
    """Make all edits in llama.cpp's source, or none. Says whether they are there; making them again changes
    nothing."""
    texts: dict[str, str] = {}
    for edit in edits:
        text = texts.get(edit.file) or read(source / edit.file)
        if edit.text not in text:
            if text.count(edit.place) != 1:
                return False
            text = text.replace(edit.place, edit.text)
        texts[edit.file] = text
    for file, text in texts.items():
        if text != read(source / file):
            (source / file).write_text(text)
    return True


def read(path: Path) -> str:
    """The text of a file, empty where there is none."""
    return path.read_text() if path.is_file() else ""


def drafts_by_request(program: Path) -> bool:
    """Whether a `llama-server` was compiled from the changed source."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(MARK) >= 0
