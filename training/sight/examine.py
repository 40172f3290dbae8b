"""What `tiny` sees through a running server: `python -m training.sight.examine --url http://127.0.0.1:11434`.

Every picture goes another way: as a data URI or by its address, as PNG, JPEG or WebP, through chat completions or
responses. The server needs `PUNA_IMAGE_HOSTS=127.0.0.1`.
"""

import argparse
import functools
import json
import tempfile
import threading
from collections import defaultdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import Request, urlopen

from PIL import Image

from training.evaluation.seeing import data_uri, picture
from training.sight.scenes import Scene, scene

WAYS = tuple(product(("chat/completions", "responses"), ("data", "address"), ("PNG", "WEBP", "JPEG")))
NUMBERS = ("no", "one", "two", "three")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--count", type=int, default=240, help="how many pictures of one shape, and how many of one to three")
    arguments = parser.parse_args()
    random = Random(20_261_125)
    right: dict[str, list[bool]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, _website(Path(folder)) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        for number in range(2 * arguments.count):
            counting = number >= arguments.count
            shown = scene(random, 1 + number % 3 if counting else 1)
            asked = "How many shapes are there?" if counting else "What's in this image?"
            way = WAYS[number % len(WAYS)]
            url = _url(picture(random, shown), way, Path(folder), number, web.server_port)
            answer = _ask(f"{arguments.url}/v1/{way[0]}", arguments.model, asked, url)
            good = _is_right(answer, shown, counting)
            kind = "how many, to three" if counting else "colour and shape of one"
            for row in (kind, f"{kind}: {way[0]}", f"{kind}: {way[1]}", f"{kind}: {way[2]}"):
                right[row].append(good)
        web.shutdown()
    for row, outcomes in sorted(right.items()):
        print(f"| {row} | {len(outcomes)} | {sum(outcomes) / len(outcomes):.1%} |")


def _website(folder: Path) -> ThreadingHTTPServer:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))


def _url(image: Image.Image, way: tuple[str, str, str], folder: Path, number: int, port: int) -> str:
    if way[1] == "data":
        return data_uri(image, way[2])
    name = f"{number}.{way[2].lower()}"
    image.save(folder / name, way[2])
    return f"http://127.0.0.1:{port}/{name}"


def _ask(address: str, model: str, asked: str, url: str) -> str:
    if address.endswith("responses"):
        content = [{"type": "input_text", "text": asked}, {"type": "input_image", "image_url": url}]
        answer = _post(address, {"model": model, "input": [{"role": "user", "content": content}], "store": False})
        return "".join(part["text"] for item in answer["output"] for part in item.get("content") or () if part["type"] == "output_text")
    parts = [{"type": "text", "text": asked}, {"type": "image_url", "image_url": {"url": url}}]
    answer = _post(address, {"model": model, "messages": [{"role": "user", "content": parts}]})
    return str(answer["choices"][0]["message"]["content"])


def _post(address: str, body: dict[str, Any]) -> Any:
    request = Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 (a server of one's own)
    with urlopen(request) as response:  # noqa: S310
        return json.load(response)


def _is_right(answer: str, shown: Scene, counting: bool) -> bool:
    if counting:
        return NUMBERS[len(shown.things)] in answer.split()
    [thing] = shown.things
    return answer.removesuffix(".").endswith(f"{thing.colour} {thing.shape}")


if __name__ == "__main__":
    main()
