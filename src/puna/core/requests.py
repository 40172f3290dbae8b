"""What an engine is asked to do, in no dialect's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from puna.core.effort import Effort
from puna.core.formats import Format, FreeText
from puna.core.messages import Message
from puna.core.sampling import Sampling
from puna.core.tools import Tool, ToolChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """Answer a conversation. The messages are in order; the last one is what is answered.

    `choices` is how many answers are wanted, `logprobs` how many alternatives of each token (None: no
    log probabilities at all). `effort` None leaves thinking to the model's template; after `thinking_tokens` of
    thinking the answer begins, whether the thought has come to its end or not. `defaults` are what the dialect
    documents for a setting that neither the request nor the model gives. `template_variables` go
    to the model's chat template beside the conversation, and without `generation_prompt` the prompt lacks what opens
    the answer's turn. `tells_prompt` wants to know how long the prompt is before it is answered. `checked` says
    that whoever asks checks the answer against its schemas, so that the engine need hold no more of them than it can.
    Much of the answer may be as in `prediction`, which an engine may draft from.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    defaults: Sampling = field(default_factory=Sampling)
    choices: int = 1
    logprobs: int | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = field(default_factory=ToolChoice)
    parallel_tool_calls: bool = True
    format: Format = field(default_factory=FreeText)
    effort: Effort | None = None
    thinking_tokens: int | None = None
    tells_prompt: bool = False
    template_variables: Mapping[str, Any] = field(default_factory=dict)
    generation_prompt: bool = True
    checked: bool = False
    prediction: str = ""
