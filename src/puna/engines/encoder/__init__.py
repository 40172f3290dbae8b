"""BERT and its family in NumPy: embeddings on processors, two to three times as fast as llama.cpp makes them.

The program speaks llama-server's HTTP as far as embeddings need it, so everything that starts, watches and asks an
engine is the same for both. What it can't run (`suits`), and everything on a GPU, llama.cpp does.
"""
