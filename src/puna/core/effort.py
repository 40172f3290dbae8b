"""How much a model thinks."""

from typing import Literal

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model thinks before it answers; `none` switches thinking off."""
