"""BERT and its family in NumPy: embeddings on processors, two to three times as fast as llama.cpp makes them.

What it can't run (`suits`), and everything on a GPU, llama.cpp does.
"""
