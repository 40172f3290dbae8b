"""The kinds of servers that speak OpenAI's API, and what each does of a request. docs/remote.md has this as a table.

A field that a server would pass over is not sent to it: the request is refused, or Puna does what it asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from puna.core.effort import Effort

OPENAI_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "stop": "stop",
    "max_tokens": "max_tokens",
}
BIASED = {**OPENAI_SAMPLING, "logit_bias": "logit_bias"}
VLLM_SAMPLING = {**BIASED, "top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repetition_penalty"}
LLAMA_SAMPLING = {
    **BIASED,
    "top_k": "top_k",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "repeat_penalty": "repeat_penalty",
    "repeat_last_n": "repeat_last_n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A kind of server.

    `sampling` are the fields of `Sampling` that it knows, by its own words. `choices` says that it gives several
    answers to one request, `several_prompts` that a completion may have several prompts, `forces_calls` that it obeys
    `tool_choice`, `holds_schemas` that it generates nothing that does not fit, `fills_in` that it knows `suffix`,
    `scores` that it gives the log probabilities of a prompt's tokens, `draws` that it makes pictures of a seed,
    `predicts` that it drafts from a text that the answer may be.
    `continues` are the fields with which it goes on with an assistant's message; None where it can't. `thoughts` are
    its words for the thinking in a message of the conversation. `effort_in_template` says that how much to think goes
    to the chat template. `thinking_tokens`, `template_variables`, `generation_prompt`, `regex` and `grammar` are its
    fields for these; None where it has none. `usage_of_each` says that it tells what each choice cost by itself,
    `repeats` that what it goes on from begins its answer.
    """

    name: str
    sampling: Mapping[str, str] = field(default_factory=lambda: BIASED)
    choices: bool = True
    several_prompts: bool = True
    forces_calls: bool = True
    holds_schemas: bool = False
    forms_completions: bool = False
    fills_in: bool = False
    scores: bool = False
    draws: bool = False
    predicts: bool = False
    continues: Mapping[str, Any] | None = None
    thoughts: tuple[str, ...] = ()
    effort_in_template: bool = False
    efforts: Mapping[Effort, str] = field(default_factory=dict)
    thinking_tokens: str | None = None
    template_variables: str | None = None
    generation_prompt: str | None = None
    structured_outputs: bool = False
    usage_of_each: bool = False
    repeats: bool = False


PUNA = Server(
    name="puna",
    sampling=LLAMA_SAMPLING,
    holds_schemas=True,
    forms_completions=True,
    fills_in=True,
    scores=True,
    draws=True,
    predicts=True,
    continues={},
    thoughts=("reasoning_content",),
    thinking_tokens="reasoning.max_tokens",
    template_variables="chat_template_kwargs",
    generation_prompt="add_generation_prompt",
    structured_outputs=True,
)
VLLM = Server(
    name="vllm",
    sampling=VLLM_SAMPLING,
    holds_schemas=True,
    forms_completions=True,
    scores=True,
    continues={"continue_final_message": True, "add_generation_prompt": False},
    thoughts=("reasoning", "reasoning_content"),
    effort_in_template=True,
    template_variables="chat_template_kwargs",
    generation_prompt="add_generation_prompt",
)
SGLANG = Server(
    name="sglang",
    sampling=VLLM_SAMPLING,
    holds_schemas=True,
    continues={"continue_final_message": True},
    thoughts=("reasoning_content",),
    effort_in_template=True,
    template_variables="chat_template_kwargs",
)
LLAMA_SERVER = Server(
    name="llama-server",
    sampling=LLAMA_SAMPLING,
    forces_calls=False,
    continues={},
    thoughts=("reasoning_content",),
    effort_in_template=True,
    thinking_tokens="thinking_budget_tokens",
    usage_of_each=True,
    repeats=True,
    template_variables="chat_template_kwargs",
)
OLLAMA = Server(
    name="ollama",
    sampling=OPENAI_SAMPLING,
    choices=False,
    several_prompts=False,
    forces_calls=False,
    fills_in=True,
    thoughts=("reasoning",),
    efforts={"minimal": "low", "xhigh": "high", "max": "high"},
)
OPENAI = Server(
    name="openai",
    sampling={**BIASED, "max_tokens": "max_completion_tokens"},
    holds_schemas=True,
    predicts=True,
)
GENERIC = Server(name="generic")
"""A server that nothing is known of: what is OpenAI's is sent, nothing else, and what comes back is looked at."""
