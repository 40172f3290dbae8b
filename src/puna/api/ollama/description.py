"""What can be asked for in Ollama's native API, for `/openapi.json`."""

from puna.api.description import Operation, Schema
from puna.api.ollama import answers
from puna.api.ollama.body import ModelBody
from puna.api.ollama.chat import ChatBody
from puna.api.ollama.creation import CreateBody
from puna.api.ollama.embeddings import EmbedBody, OlderBody
from puna.api.ollama.generate import GenerateBody
from puna.api.ollama.models import CopyBody, ShowBody
from puna.api.ollama.transfers import TransferBody

LINES = "application/x-ndjson"
ERROR: Schema = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
MESSAGES = [{"role": "user", "content": "Say hello."}]

OPERATIONS = (
    Operation("GET", "/api/version", "The version of this server.", answer=answers.Version),
    Operation("GET", "/api/tags", "All models.", answer=answers.Models),
    Operation("GET", "/api/ps", "The models in memory.", answer=answers.RunningModels),
    Operation(
        "POST", "/api/chat", "Answer a conversation.", ChatBody,
        {"model": "tiny", "messages": MESSAGES, "stream": False, "options": {"num_predict": 16}},
        answers.ChatAnswer, LINES, answers.ChatAnswer,
    ),
    Operation(
        "POST", "/api/generate", "Answer a prompt, or go on after it.", GenerateBody,
        {"model": "tiny", "prompt": "Say hello.", "stream": False, "options": {"num_predict": 16}},
        answers.GenerateAnswer, LINES, answers.GenerateAnswer,
    ),
    Operation(
        "POST", "/api/embed", "Embed texts.", EmbedBody, {"model": "tiny", "input": ["hello", "world"]},
        answers.Embedded,
    ),
    Operation(
        "POST", "/api/embeddings", "Embed a text.", OlderBody, {"model": "tiny", "prompt": "hello"},
        answers.OlderEmbedded,
    ),
    Operation("POST", "/api/show", "Everything about one model.", ShowBody, {"model": "tiny"}, answers.Shown),
    Operation(
        "POST", "/api/copy", "Give a model a second name.", CopyBody, {"source": "tiny", "destination": "copied"}
    ),
    Operation("DELETE", "/api/delete", "Remove a model.", ModelBody, {"model": "copied"}),
    Operation(
        "POST", "/api/create", "Make a model of another one, or of files.", CreateBody,
        {"model": "pirate", "from": "tiny", "system": "You are a pirate.", "stream": False},
        answers.Progress, LINES, answers.Progress,
    ),
    Operation(
        "POST", "/api/pull", "Get a model from a registry.", TransferBody, {"model": "qwen3:0.6b"},
        answers.Progress, LINES, answers.Progress,
    ),
    Operation(
        "POST", "/api/push", "Send a model to a registry.", TransferBody, {"model": "ann/pirate"},
        answers.Progress, LINES, answers.Progress,
    ),
    Operation("HEAD", "/api/blobs/{digest}", "Whether a file is there."),
    Operation(
        "POST", "/api/blobs/{digest}", "Send a file to make a model of.",
        content="application/octet-stream", status=201,
    ),
)  # fmt: skip
