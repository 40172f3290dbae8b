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
    Operation("GET", "/api/version", "Get the version of the server.", answer=answers.Version),
    Operation("GET", "/api/tags", "List models.", answer=answers.Models),
    Operation("GET", "/api/ps", "List running models.", answer=answers.RunningModels),
    Operation(
        "POST", "/api/chat", "Chat with a model.", ChatBody,
        {"model": "tiny", "messages": MESSAGES, "stream": False, "options": {"num_predict": 16}},
        answers.ChatAnswer, LINES, answers.ChatAnswer,
    ),
    Operation(
        "POST", "/api/generate", "Generate a completion.", GenerateBody,
        {"model": "tiny", "prompt": "Say hello.", "stream": False, "options": {"num_predict": 16}},
        answers.GenerateAnswer, LINES, answers.GenerateAnswer,
    ),
    Operation(
        "POST", "/api/embed", "Create embeddings.", EmbedBody, {"model": "tiny", "input": ["hello", "world"]},
        answers.Embedded,
    ),
    Operation(
        "POST", "/api/embeddings", "Create an embedding.", OlderBody, {"model": "tiny", "prompt": "hello"},
        answers.OlderEmbedded,
    ),
    Operation("POST", "/api/show", "Show information about a model.", ShowBody, {"model": "tiny"}, answers.Shown),
    Operation(
        "POST", "/api/copy", "Copy a model.", CopyBody, {"source": "tiny", "destination": "copied"}
    ),
    Operation("DELETE", "/api/delete", "Delete a model.", ModelBody, {"model": "copied"}),
    Operation(
        "POST", "/api/create", "Create a model.", CreateBody,
        {"model": "pirate", "from": "tiny", "system": "You are a pirate.", "stream": False},
        answers.Progress, LINES, answers.Progress,
    ),
    Operation(
        "POST", "/api/pull", "Download a model.", TransferBody, {"model": "qwen3:0.6b"},
        answers.Progress, LINES, answers.Progress,
    ),
    Operation(
        "POST", "/api/push", "Upload a model.", TransferBody, {"model": "ann/pirate"},
        answers.Progress, LINES, answers.Progress,
    ),
    Operation("HEAD", "/api/blobs/{digest}", "Check whether a file exists."),
    Operation(
        "POST", "/api/blobs/{digest}", "Upload a file for a new model.",
        content="application/octet-stream", status=201,
    ),
)  # fmt: skip
