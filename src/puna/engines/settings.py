"""What engines may use, and how they are to be run unless a model says otherwise."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from puna.core.footprint import Footprint
from puna.core.remote import Timeouts

FlashAttention = Literal["auto", "on", "off"]
CacheType = Literal["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """`memory` is what all engines together may take, with an entry for each GPU that there is. `slots` is how many
    sequences an engine works on at once, `replicas` how many engines do the work of one model; `context_length` and
    `threads` hold where a model does not say. None leaves the choice to Puna. `llama_server` is a binary to use in
    place of the packaged engine, and `encoder` whether BERT models may embed with Puna's own. Loading may stand still
    for `load_timeout` seconds, and an engine that has work may be silent for `stall_timeout` seconds, before it is
    given up. `remote` is how long servers elsewhere are waited for."""

    memory: Footprint
    slots: int | None = None
    replicas: int = 1
    context_length: int | None = None
    threads: int | None = None
    flash_attention: FlashAttention = "auto"
    cache_type: CacheType = "f16"
    llama_server: Path | None = None
    encoder: bool = True
    load_timeout: float = math.inf
    stall_timeout: float = math.inf
    remote: Timeouts = field(default_factory=Timeouts)
