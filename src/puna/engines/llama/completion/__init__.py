"""Raw completion and the scoring of given text with llama.cpp."""
