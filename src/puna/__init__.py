"""Puna: a local model server that applications written for the OpenAI API use unchanged."""

__version__ = "0.1.0"
