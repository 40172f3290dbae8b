"""Files of models in the layout of Ollama's own reader, and what has to be changed for llama.cpp to read them.

`table` knows the layouts, one module each; `Translations` keeps what was made, beside the blobs; `Readable` is a
blob as an engine sees it.
"""
