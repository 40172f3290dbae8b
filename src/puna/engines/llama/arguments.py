"""What a process of llama.cpp is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from puna.core.capacity import Capacity
from puna.engines.llama.drafts import Drafts
from puna.engines.settings import CacheType, FlashAttention

Pooling = Literal["model", "none", "mean"]

GROUP_TOKENS = 2048
"""How many tokens of several texts are scored at once. A longer text is scored alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaArguments:
    """Everything that the process is told.

    `context_length` is the limit of one sequence in tokens, `cache_tokens` the size of the KV cache that all
    `sequences` share when `unified_cache` is set. `threads` None leaves the choice to llama.cpp, `main_gpu` is the
    only GPU to use, None for all. `program` is a `llama-server` binary; None means the engine that is embedded in
    the `xllamacpp` package.

    With a `pooling` the engine gives embeddings: one vector of each text, by the model's own rule (`model`) or the
    mean of its tokens' hidden states (`mean`), or the hidden states themselves (`none`). `batch_tokens` is how many
    tokens it computes at once, None for llama.cpp's default; a text to embed has to fit in it.

    `projector` is the GGUF file that makes the model's tokens of pictures and sound, `adapters` are the LoRA files
    that change its weights.

    `prompt_cache` is how many bytes of the machine's memory may hold the KV cache of prompts that left their
    sequence, `checkpoints` how many states each sequence keeps where the model can't go back in its cache (the
    engine's defaults would let it grow by gigabytes unseen). `drafts` is what is drafted, None for nothing.
    `prompt_files` is the folder for prompts that outlive the process.
    """

    weights: Path
    context_length: int
    sequences: int
    cache_tokens: int
    unified_cache: bool = True
    threads: int | None = None
    gpu_layers: int | None = None
    main_gpu: int | None = None
    flash_attention: FlashAttention = "auto"
    cache_type: CacheType = "f16"
    chat_template: str | None = None
    projector: Path | None = None
    adapters: tuple[Path, ...] = ()
    pooling: Pooling | None = None
    batch_tokens: int | None = None
    program: Path | None = None
    prompt_cache: int = 0
    checkpoints: int = 32
    prompt_files: Path | None = None
    drafts: Drafts | None = None

    @property
    def name(self) -> str:
        """The file that is loaded."""
        return self.weights.name

    @property
    def capacity(self) -> Capacity:
        """Where the cache holds a whole context for each sequence there are no tokens to count. Where they share one,
        what is drafted needs room beside what they are told that they may have."""
        shared = self.cache_tokens < self.sequences * self.context_length
        drafted = self.drafts.most if self.drafts else 0
        return Capacity(
            slots=self.sequences,
            context_length=self.context_length,
            tokens=self.cache_tokens - self.sequences * drafted if shared else None,
        )

    @property
    def predicts(self) -> bool:
        """Whether a request may bring a text to draft from."""
        return self.drafts is not None and self.drafts.by_request and bool(self.drafts.ngram)

    def arguments(self) -> list[str]:
        """The command line of `llama-server` (its README lists the options)."""
        arguments = {
            "--model": str(self.weights),
            "--host": "127.0.0.1",
            "--port": "0",
            "--ctx-size": str(self.cache_tokens),
            "--parallel": str(self.sequences),
            "--flash-attn": self.flash_attention,
            "--cache-type-k": self.cache_type,
            "--cache-type-v": self.cache_type,
            "--cache-ram": str(self.prompt_cache // 2**20),
            "--ctx-checkpoints": str(self.checkpoints),
        }
        if self.unified_cache:
            arguments["--kv-unified-per-slot"] = str(self.context_length)
        if self.threads is not None:
            arguments["--threads"] = str(self.threads)
        if self.main_gpu is not None:
            arguments |= {"--split-mode": "none", "--main-gpu": str(self.main_gpu)}
        if self.gpu_layers is not None:
            arguments["--n-gpu-layers"] = str(self.gpu_layers)
        if self.chat_template is not None:
            arguments["--chat-template"] = self.chat_template
        if self.projector is not None:
            arguments["--mmproj"] = str(self.projector)
        if self.adapters:
            arguments["--lora"] = ",".join(map(str, self.adapters))
        if self.batch_tokens is not None:
            arguments |= {"--batch-size": str(self.batch_tokens), "--ubatch-size": str(self.batch_tokens)}
        if self.prompt_files is not None:
            arguments["--slot-save-path"] = str(self.prompt_files)
        if self.drafts:
            arguments |= self.drafts.arguments()
        if self.pooling in ("none", "mean"):
            arguments["--pooling"] = self.pooling
        flags = ["--kv-unified" if self.unified_cache else "--no-kv-unified", "--jinja", "--no-webui"]
        if self.pooling is not None:
            flags.append("--embeddings")
        if self.projector is not None and self.gpu_layers == 0:
            flags.append("--no-mmproj-offload")
        return [word for pair in arguments.items() for word in pair] + flags

    def to_json(self) -> dict[str, Any]:
        """The arguments as plain JSON, for the process."""
        told = {field.name: getattr(self, field.name) for field in fields(LlamaArguments)}
        return {
            **told,
            **{name: str(told[name]) for name in PATHS if told[name] is not None},
            "adapters": list(map(str, self.adapters)),
            "drafts": self.drafts.to_json() if self.drafts else None,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "LlamaArguments":
        """The inverse of `to_json`."""
        paths = {name: Path(fields[name]) for name in PATHS if fields[name] is not None}
        drafts = Drafts.from_json(fields["drafts"]) if fields["drafts"] else None
        return cls(**{**fields, **paths, "adapters": tuple(map(Path, fields["adapters"])), "drafts": drafts})


PATHS = ("weights", "program", "projector", "prompt_files")
"""The fields that are paths, or None."""
