"""Conversations with llama.cpp: templates, thinking, tool calls."""
