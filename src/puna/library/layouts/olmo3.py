"""OLMo 3, which llama.cpp reads as OLMo 2 with a sliding window."""

from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite


def text(rewrite: Rewrite) -> None:
    """Another name for the same, and for YaRN's factor."""
    rewrite.become("olmo2")
    rewrite.move({"olmo2.rope.scaling.attn_factor": "olmo2.rope.scaling.yarn_attn_factor"})
    rewrite.default({"olmo2.rope.freq_base_swa": rewrite.get("olmo2.rope.freq_base")})


OLMO3 = Layout("a different name for the architecture", text)
