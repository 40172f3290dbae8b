"""Whether the engine sees as training does: `python -m training.sight.compare --language build/tiny --out build/tiny-sight`.

Both read the same pictures; what is compared are the log probabilities of the answer's first token. They differ in
the last digits, as the engine's weights are rounded.
"""

import argparse
from pathlib import Path
from random import Random

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from training import vocabulary
from training.corpus import PICTURE
from training.evaluation.engine import Engine
from training.evaluation.seeing import about
from training.model import Network
from training.sight.code import PATCHES
from training.sight.drawing import draw
from training.sight.join import language
from training.sight.scenes import scene
from training.sight.tower import Tower, TowerShape

ASKED = "What's in this image?"
ALLOWED = 0.5
"""How far apart the log probabilities of likely tokens may be."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--projector", type=Path, required=True)
    arguments = parser.parse_args()
    saved = torch.load(arguments.out / "sight.pt", weights_only=True)
    tower = Tower(TowerShape(**saved["shape"]))
    tower.load_state_dict(saved["weights"])
    engine = Engine(arguments.gguf, arguments.projector)
    tokenizer = vocabulary.load(arguments.language / "tokenizer.json")
    found = distances(engine, language(arguments.language), tower, tokenizer, 24)
    print(f"mean {sum(found) / len(found):.4f}, largest {max(found):.4f}")
    if max(found) > ALLOWED:
        raise SystemExit("training and engine do not see the same")


def distances(engine: Engine, network: Network, tower: Tower, tokenizer: Tokenizer, count: int) -> list[float]:
    """For each picture how far apart the likely tokens' log probabilities are at most."""
    random = Random(11)
    pictures = draw(random, [scene(random) for _ in range(count)])
    return [_distance(engine, network, tower, tokenizer, picture) for picture in pictures]


def _distance(engine: Engine, network: Network, tower: Tower, tokenizer: Tokenizer, picture: Tensor) -> float:
    image = Image.fromarray(picture.permute(1, 2, 0).byte().numpy())
    body = {"messages": [about(ASKED, image)], "temperature": 0, "max_tokens": 1, "logprobs": True, "top_logprobs": 8}
    [first] = engine.post("/v1/chat/completions", body)["choices"][0]["logprobs"]["content"]
    before = tokenizer.encode(f"<|im_start|>user\n{ASKED}").ids
    after = tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n").ids
    tokens = torch.tensor([before + [PICTURE] * PATCHES + after])
    with torch.no_grad():
        states = network.put(tokens, tower.written(picture[None]))
        scores = network.logits(network(states, torch.arange(tokens.shape[1])[None])[0, -1]).log_softmax(0)
    likely = [found for found in first["top_logprobs"] if found["logprob"] > -4]
    return max(abs(found["logprob"] - float(scores[found["id"]])) for found in likely)


if __name__ == "__main__":
    main()
