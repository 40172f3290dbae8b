"""Every variable: which field it sets, how its text is read, and what it is for."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from puna.settings.values import (
    address,
    age,
    count,
    duration,
    existing_file,
    flash_attention,
    folder,
    keys,
    level,
    limit,
    memory,
    networks,
    one_of,
    origins,
    positive,
    positive_or_automatic,
    positive_or_unlimited,
    program,
    size_or_unlimited,
    switch,
    words,
)


class Variable(NamedTuple):
    """One setting. The field is empty where the value sets several fields."""

    field: str
    parse: Callable[[str], Any]
    help: str


VARIABLES: dict[str, Variable] = {
    "HOST": Variable("", address, "Address to listen on, or the server that commands use: host, host:port, :port."),
    "HOME": Variable("home", folder, "Folder for settings, history and stored responses. [~/.puna]"),
    "MODELS": Variable("models", folder, "Folder of models, in Ollama's layout. [$PUNA_HOME/models]"),
    "KEEP_ALIVE": Variable(
        "keep_alive", duration, "How long an idle model stays in memory: 5m, 1h30m, 0, -1 (forever). [5m]"
    ),
    "NUM_PARALLEL": Variable(
        "parallel", positive_or_automatic, "Requests that one model answers in parallel; 0 is automatic. [8]"
    ),
    "REPLICAS": Variable("replicas", positive, "Engines of one model, each on its own GPU. [1]"),
    "CONTEXT_LENGTH": Variable(
        "context_length",
        positive_or_automatic,
        "Context length in tokens; 0 is the model's own, as far as memory allows.",
    ),
    "FLASH_ATTENTION": Variable("flash_attention", flash_attention, "Flash attention: auto, on or off. [auto]"),
    "SPECULATION": Variable(
        "speculation",
        one_of("auto", "on", "off"),
        "Drafts from the text so far: on, off, or auto, if a request can turn them off. [auto]",
    ),
    "KV_CACHE_TYPE": Variable(
        "cache_type",
        one_of("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"),
        "Type of the KV cache: f16, q8_0, q4_0, ... [f16]",
    ),
    "THREADS": Variable("threads", positive_or_automatic, "Processor threads of one model; 0 is automatic."),
    "ORIGINS": Variable("origins", origins, "More web origins that may use the server, comma-separated; * for all."),
    "HOSTS": Variable("hosts", words, "Host names by which the server may be reached, comma-separated; * for all."),
    "API_KEYS": Variable("api_keys", keys, "API keys, comma-separated. If set, requests need one."),
    "API_KEYS_FILE": Variable("api_keys_file", existing_file, "TOML file of API keys with names, models and rates."),
    "TLS_CERT": Variable("tls_cert", existing_file, "Certificate (PEM). Serves HTTPS together with PUNA_TLS_KEY."),
    "TLS_KEY": Variable("tls_key", existing_file, "Key of the certificate (PEM)."),
    "LLAMA_SERVER": Variable(
        "llama_server", program, "A llama-server program that runs the models, such as one built for your GPU."
    ),
    "MAX_LOADED_MODELS": Variable(
        "max_loaded_models", positive_or_unlimited, "Models in memory at once; 0 is as many as fit. [0]"
    ),
    "MAX_QUEUE": Variable("max_queue", positive, "Requests that may wait. [512]"),
    "MAX_REQUEST_SIZE": Variable(
        "max_request_size", size_or_unlimited, "Largest request body; 0 is no limit. [256MiB]"
    ),
    "MAX_TEXT_SIZE": Variable(
        "max_text_size",
        size_or_unlimited,
        "Largest request body, not counting images and audio; 0 is no limit. [16MiB]",
    ),
    "MAX_VALUES": Variable(
        "max_values", positive_or_unlimited, "Maximum JSON values in a body; 0 is no limit. [300000]"
    ),
    "MAX_PROPERTIES": Variable(
        "max_properties", positive_or_unlimited, "Maximum properties of a JSON object; 0 is no limit. [5000]"
    ),
    "MAX_MESSAGES": Variable(
        "max_messages", positive_or_unlimited, "Maximum messages in a request; 0 is no limit. [2048]"
    ),
    "MAX_PARTS": Variable("max_parts", positive_or_unlimited, "Maximum parts of a message; 0 is no limit. [2048]"),
    "MAX_INPUTS": Variable(
        "max_inputs",
        positive_or_unlimited,
        "Maximum texts in an embeddings or completions request; 0 is no limit. [2048]",
    ),
    "MAX_TOOLS": Variable("max_tools", positive_or_unlimited, "Maximum tools in a request; 0 is no limit. [128]"),
    "MEMORY": Variable(
        "memory", memory, "Memory for all models: 12GiB, 500MB or a part of the machine's, 50%. [85%]"
    ),
    "PROMPT_CACHE": Variable(
        "prompt_cache",
        memory,
        "Memory for the prompts that a model has read: 8GiB, or a part of the machine's, 10%.",
    ),
    "SAVE_PROMPTS": Variable("save_prompts", switch, "Keep long prompts of unloaded models in files: 1 or 0. [1]"),
    "LOAD_TIMEOUT": Variable(
        "load_timeout", limit, "How long loading a model may make no progress; 0 is no limit. [5m]"
    ),
    "SCHEMA_ATTEMPTS": Variable("schema_attempts", positive, "Attempts at an answer that fits its JSON Schema. [5]"),
    "STALL_TIMEOUT": Variable("stall_timeout", duration, "How long a busy model may be unresponsive. [30s]"),
    "CONNECT_TIMEOUT": Variable(
        "connect_timeout", duration, "How long connecting to another server's model may take. [5s]"
    ),
    "UPSTREAM_TIMEOUT": Variable(
        "upstream_timeout", limit, "How long another server may be silent while it answers; 0 is no limit. [5m]"
    ),
    "CHECK_INTERVAL": Variable("check_interval", duration, "How often other servers are checked. [10s]"),
    "SHUTDOWN_TIMEOUT": Variable(
        "shutdown_timeout", duration, "How long running requests may take to finish at shutdown. [20s]"
    ),
    "HEAD_TIMEOUT": Variable("head_timeout", duration, "How long a request's headers may take to arrive. [20s]"),
    "BODY_TIMEOUT": Variable(
        "body_timeout", duration, "How long 4 KiB of a request's body may take to arrive. [30s]"
    ),
    "READ_TIMEOUT": Variable("read_timeout", duration, "How long a client may read nothing of its answer. [60s]"),
    "IDLE_TIMEOUT": Variable("idle_timeout", duration, "How long an idle connection is kept. [75s]"),
    "MAX_CONNECTIONS": Variable("max_connections", positive, "Maximum connections. [as `ulimit -n` allows]"),
    "ACCESS_LOG": Variable("access_log", switch, "Log each request: 1 or 0. [1]"),
    "LOG_FORMAT": Variable(
        "log_format", one_of("auto", "text", "json"), "text, json or auto: text on a terminal. [auto]"
    ),
    "DEBUG": Variable("debug", level, "Log more, including what is asked: 1 or 0. [0]"),
    "NOHISTORY": Variable("nohistory", switch, "Do not keep what is typed in `puna run`: 1 or 0. [0]"),
    "DATABASE_URL": Variable(
        "database_url",
        str,
        "Database for stored responses: postgresql://user:password@host/name. [SQLite in $PUNA_HOME]",
    ),
    "RESPONSES_MAX_AGE": Variable(
        "responses_max_age", age, "How long responses are stored; negative is forever. [720h]"
    ),
    "RESPONSES_MAX_COUNT": Variable(
        "responses_max_count", count, "How many responses are stored; negative is all. [100000]"
    ),
    "CONVERSATIONS_MAX_AGE": Variable("conversations_max_age", age, "How long conversations are stored. [forever]"),
    "IMAGE_HOSTS": Variable(
        "image_hosts", networks, "Private hosts and networks that images may be fetched from, comma-separated."
    ),
}
"""Variable name, without its prefix, to what it sets."""
PREFIX = "PUNA_"
DEVELOPMENT = frozenset({"PUNA_FUZZ_EXAMPLES", "PUNA_LM_EVAL", "PUNA_OPENAI_OPENAPI", "PUNA_REAL_WEIGHTS"})
"""Variables of Puna's own tests."""


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str | None]:
    """The variables that begin like Puna's and are none, each with the one that was perhaps meant."""
    known = [PREFIX + name for name in VARIABLES]
    strange = [name for name in environment if name.startswith(PREFIX) and name not in {*known, *DEVELOPMENT}]
    if not strange:
        return {}
    from difflib import get_close_matches

    return {name: next(iter(get_close_matches(name, known, n=1, cutoff=0.7)), None) for name in sorted(strange)}
