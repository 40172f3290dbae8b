"""What an engine is asked to do, in no dialect's words."""

from dataclasses import dataclass, field

from puna.core.messages import Message
from puna.core.sampling import Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """Answer a conversation. The messages are in order; the last one is what is answered."""

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
