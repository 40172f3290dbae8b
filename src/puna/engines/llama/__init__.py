"""llama.cpp, in a process of its own for each loaded model."""
