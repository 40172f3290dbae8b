"""What a setting is that neither a request of Anthropic's API nor the model gives."""

from puna.core.sampling import UNCHANGED

DEFAULTS = UNCHANGED
"""Anthropic documents a temperature of 1; filters and penalties that its API does not have are off."""
