"""Grammars that make an answer have its form, in llama.cpp's language for them, GBNF."""
