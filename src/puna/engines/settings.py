"""What engines may use, and how they are to be run unless a model says otherwise."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from puna.core.footprint import Footprint
from puna.core.remote import Timeouts

FlashAttention = Literal["auto", "on", "off"]
Speculation = Literal["none", "named", "text"]
"""What is drafted: nothing, what a model's own drafter drafts, or also what the text so far suggests."""
CacheType = Literal["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """`memory` is what all engines together may take, with an entry for each GPU that there is. `slots` is how many
    sequences an engine works on at once, `replicas` how many engines do the work of one model; `context_length` and
    `threads` hold where a model does not say. None leaves the choice to Puna. `llama_server` is a binary to use in
    place of the packaged engine, `drafts_by_request` whether that can do without drafts where a request has to, and
    `encoder` whether BERT models may embed with Puna's own. `prompt_cache` is how many bytes of the machine's memory
    an engine may keep prompts in, `prompt_files` a folder for prompts of engines that are not in memory. Loading may
    stand still for `load_timeout` seconds, and an engine that has work may be silent for `stall_timeout` seconds,
    before it is given up. `remote` is how long servers elsewhere are waited for."""

    memory: Footprint
    slots: int | None = None
    replicas: int = 1
    context_length: int | None = None
    threads: int | None = None
    flash_attention: FlashAttention = "auto"
    cache_type: CacheType = "f16"
    speculation: Speculation = "named"
    llama_server: Path | None = None
    drafts_by_request: bool = False
    prompt_cache: int | None = None
    prompt_files: Path | None = None
    encoder: bool = True
    load_timeout: float = math.inf
    stall_timeout: float = math.inf
    remote: Timeouts = field(default_factory=Timeouts)
