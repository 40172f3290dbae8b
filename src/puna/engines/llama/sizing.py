"""How large a model's context is, how many sequences share its KV cache, and what memory all that takes."""

from dataclasses import dataclass, replace

from puna.core.errors import InvalidRequest
from puna.core.footprint import RAM, Footprint
from puna.core.subjects import Setting
from puna.engines.engine import Task
from puna.engines.llama.arguments import GROUP_TOKENS, Pooling
from puna.engines.llama.drafts import Drafter, Drafts, drafter_of, has_next_tokens
from puna.engines.llama.kv_size import UBATCH, ContextCost, context_cost, padded
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings
from puna.formats.gguf import Metadata

SEQUENCES = 8
"""How many requests an engine works on at once where no setting says."""
CONTEXT_FLOOR = 2048
"""The default context is never shrunk below this, in tokens."""
SMALL_MODEL_PARAMETERS = 50_000_000
"""Below this size threads wait for one another longer than they work: on two cores `tiny` generates 1.5 times as
fast with one thread as with two, and on a busy machine, where waiting threads spin, hundreds of times."""
SEQUENCE_TOKENS = 8192
"""The part of the KV cache that is provided for each sequence where the context is longer: few requests use a long
context up, and those who do find the others' part free or wait."""
CACHE_SHARE = 0.5
"""The part of the memory beside the weights that the default context may take."""
SIDE_CACHE_SHARE = 0.125
"""How large an engine's caches in the machine's memory may become, by the memory for all engines."""
SIDE_CACHE_CONTEXTS = 4
"""The same by its KV cache: with eight sequences that is 32 conversations."""
SIDE_CACHE_MOST = 8 * 2**30
"""The same at the most, which is llama.cpp's default."""
CHECKPOINTS = 32
CHECKPOINTS_SHARE = 0.25
"""How large all checkpoints may become, by the KV cache."""
CHECKPOINTS_MOST = 512 * 2**20
NGRAM = 16
"""How many tokens have to be as before for what followed them to be drafted (docs/performance.md)."""
DRAFT_LENGTH = 48
"""How many tokens are drafted of that."""
NO_DRAFTER = "parameter 'draft_num_predict' needs a model that drafts: name one with DRAFT in the Modelfile"
DRAFT_TOKENS = 4
"""How many tokens a drafter drafts where nobody says; as with Ollama."""
BATCH = 2048
"""How many tokens llama.cpp computes at once, where its cache has room for as many."""

ENGINE_BYTES = 40 * 2**20
"""An engine's process before it has a model."""
TOKEN_BYTES = 400
"""The vocabulary's text and indexes, for each token."""


EMBEDDING_SEQUENCES = 32
"""How many texts an engine embeds at once, as far as their tokens fit in one batch."""
ENCODER_TOKENS = 8192
"""The longest text that is embedded by a model whose tokens see one another both ways: all at once, in a batch."""
DECODER_TOKENS = 2048
"""The same for a model that generates. llama.cpp makes logits of all these tokens, though nobody reads them."""
LEAST_TOKENS = 512
"""The shortest batch of an engine that scores."""
MOST_TOKENS = 2**31
"""The longest, where memory sets no limit."""
MEMORY_SHARE = 0.25
"""The part of the memory for engines that a batch may take, from the first text of its length on."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model takes in memory, as far as its files tell. `fixed` is in bytes: everything but the context."""

    fixed: int
    context: ContextCost

    @classmethod
    def of(cls, model: EngineModel) -> "Cost":
        """Read it from the headers, once for each model."""
        if model.digest not in COSTS:
            COSTS[model.digest] = cls._read(model)
        return COSTS[model.digest]

    @classmethod
    def _read(cls, model: EngineModel) -> "Cost":
        files = (*model.projectors, *model.adapters, *((model.draft,) if model.draft else ()))
        metadata = model.metadata
        weights = sum(tensor.nbytes for tensor in metadata.tensors) + sum(file.stat().st_size for file in files)
        context = context_cost(metadata)
        if model.draft:
            context = context.beside(context_cost(Metadata.read(model.draft)))
        return cls(weights + ENGINE_BYTES + compute_bytes(metadata), context)


COSTS: dict[str, Cost] = {}
"""By the model's digest, of which everything in it is a part."""


def compute_bytes(metadata: Metadata) -> int:
    """What llama.cpp needs to compute with: the vocabulary, and the intermediate results of one batch."""
    vocabulary = metadata.vocabulary_size or 0
    feed_forward = metadata.get("{arch}.feed_forward_length")
    widest = max(metadata.embedding_length or 0, feed_forward if isinstance(feed_forward, int) else 0)
    return vocabulary * TOKEN_BYTES + UBATCH * 4 * 4 * widest


def plan_llama(model: EngineModel, task: Task, settings: EngineSettings) -> LlamaLaunch | None:
    """How a model of the kind `gguf` is launched for a task; None for a model of another kind."""
    if model.kind != "gguf":
        return None
    launch = generating_launch(model, settings)
    match task:
        case "score":
            return scoring_launch(launch, model.metadata, settings.memory.ram)
        case "embed":
            return embedding_launch(launch, model.metadata)
        case _:
            return launch


def generating_launch(model: EngineModel, settings: EngineSettings) -> LlamaLaunch:
    """The engine that generates. The same model and settings always give an equal launch."""
    cost = Cost.of(model)
    limit = settings.memory
    sequences = settings.slots or SEQUENCES
    room = (limit.total - cost.fixed) * CACHE_SHARE
    affordable = cost.context.tokens(room, sequences, settings.cache_type)
    context = context_length(model, settings, affordable)
    tokens = cache_tokens(context, sequences, affordable)
    context_bytes = cost.context.bytes(tokens, sequences, settings.cache_type)
    checkpoint = cost.context.checkpoint_bytes(settings.cache_type) * sequences
    states = int(min(CHECKPOINTS_MOST, context_bytes * CHECKPOINTS_SHARE))
    checkpoints = min(CHECKPOINTS, max(1, states // checkpoint)) if checkpoint else CHECKPOINTS
    need = cost.fixed + context_bytes + checkpoints * checkpoint
    parameters = model.parameters
    alone = footprint(need, limit, parameters.num_gpu, settings.replicas)
    side = settings.prompt_cache
    if side is None:
        most = min(SIDE_CACHE_MOST, context_bytes * SIDE_CACHE_CONTEXTS, limit.ram * SIDE_CACHE_SHARE)
        side = int(max(0, min(most, limit.ram - alone.ram)))
    drafted = drafts(model, settings, sequences, min(tokens, BATCH))
    return LlamaLaunch(
        weights=model.weights,
        context_length=context,
        sequences=sequences,
        cache_tokens=tokens,
        threads=parameters.num_thread or settings.threads or small_model_threads(model.metadata),
        gpu_layers=parameters.num_gpu,
        flash_attention=settings.flash_attention,
        cache_type=settings.cache_type,
        chat_template=model.template,
        templates=(model.template,) if model.template else model.metadata.chat_templates,
        projector=model.projectors[0] if model.projectors else None,
        adapters=model.adapters,
        program=settings.llama_server,
        prompt_cache=side,
        checkpoints=checkpoints,
        drafts=drafted,
        prompt_files=None if drafted and drafted.drafter else settings.prompt_files,
        replicas=settings.replicas,
        gpus=len(limit.gpus),
        footprint=alone + Footprint({RAM: side}),
        load_timeout=settings.load_timeout,
        stall_timeout=settings.stall_timeout,
    )


def drafts(model: EngineModel, settings: EngineSettings, sequences: int, batch: int) -> Drafts | None:
    """What is drafted; None for nothing. What all sequences draft has to fit in one batch.

    Raises InvalidRequest where tokens of a drafter are asked for that the model does not have.
    """
    asked = model.parameters.draft_num_predict
    drafter: Drafter | None = None
    if model.draft:
        drafter = drafter_of(Metadata.read(model.draft))
    elif asked:
        if not has_next_tokens(model.metadata):
            raise InvalidRequest(NO_DRAFTER, about=Setting("draft_num_predict"))
        drafter = "draft-mtp"
    room = batch // sequences - 1
    if settings.speculation == "none" or asked == 0 or room < 1:
        return None
    tokens = min(asked or DRAFT_TOKENS, room)
    length = min(DRAFT_LENGTH, room) if settings.speculation == "text" and suits_ngrams(model) else 0
    ngram = NGRAM if length >= NGRAM else 0
    if not (ngram or drafter):
        return None
    return Drafts(
        ngram=ngram,
        length=length if ngram else 0,
        drafter=drafter,
        model=model.draft,
        tokens=tokens if drafter else 0,
        by_request=settings.drafts_by_request,
    )


def suits_ngrams(model: EngineModel) -> bool:
    """Whether a model can be drafted for from its text. Recurrent layers can't go back to where a draft went wrong
    but by a copy of their state, and llama.cpp stops at a picture where nothing else drafts."""
    return not model.projectors and not Cost.of(model).context.state_bytes


def embedding_launch(launch: LlamaLaunch, metadata: Metadata) -> LlamaLaunch:
    """The engine that embeds with the model of that launch."""
    pooling: Pooling = "mean" if metadata.pooling in (None, "none") else "model"
    length = min(launch.context_length, DECODER_TOKENS if metadata.pooling is None else ENCODER_TOKENS)
    return replace(
        silent(launch),
        context_length=length,
        batch_tokens=length,
        cache_tokens=2 * length,
        sequences=EMBEDDING_SEQUENCES,
        pooling=pooling,
        chat_template=None,
        projector=None,
    )


def scoring_launch(launch: LlamaLaunch, metadata: Metadata, memory: float) -> LlamaLaunch:
    """The engine that scores what the engine of that launch generates. A text has to fit in its batch, or it is
    generated from there on. On a GPU llama.cpp takes the memory for the whole batch at the start."""
    most = GROUP_TOKENS if launch.gpus else launch.context_length
    tokens = min(launch.context_length, most, affordable_tokens(metadata, memory))
    cache_tokens = max(launch.context_length, 2 * tokens)
    return replace(
        silent(launch),
        pooling="none",
        batch_tokens=tokens,
        cache_tokens=cache_tokens,
        projector=None,
    )


def silent(launch: LlamaLaunch) -> LlamaLaunch:
    """The launch of an engine that generates nothing: it needs neither drafts nor what it has read before."""
    without = launch.footprint - Footprint({RAM: launch.prompt_cache})
    return replace(launch, drafts=None, prompt_cache=0, prompt_files=None, footprint=without)


def affordable_tokens(metadata: Metadata, memory: float) -> int:
    """How many tokens a batch may have with so many bytes for engines. llama.cpp makes logits of all of them, twice,
    though nobody reads them, and writes their states as JSON (measured: with everything else about 130 bytes for each
    number)."""
    token = 2 * 4 * (metadata.vocabulary_size or 1) + 130 * (metadata.embedding_length or 1)
    return max(LEAST_TOKENS, int(min(memory * MEMORY_SHARE / token, MOST_TOKENS)))


def small_model_threads(metadata: Metadata) -> int | None:
    """One thread for a model that one core runs fast; None leaves the choice to llama.cpp. A model that only embeds
    computes many texts at once, which is work for all cores."""
    embeds = metadata.pooling is not None
    return 1 if metadata.parameter_count < SMALL_MODEL_PARAMETERS and not embeds else None


def context_length(model: EngineModel, settings: EngineSettings, affordable: int) -> int:
    """The tokens one sequence may have: what the Modelfile or a setting asks for, else what the model was
    trained for as far as memory allows. Never more than it was trained for: llama.cpp caps it there."""
    trained = model.metadata.context_length or CONTEXT_FLOOR
    asked = model.parameters.num_ctx or settings.context_length
    return min(trained, asked or max(CONTEXT_FLOOR, affordable))


def cache_tokens(context: int, sequences: int, affordable: int) -> int:
    """The tokens of the shared cache: a whole context at the least, a whole context for each sequence at the most."""
    wanted = min(context * sequences, max(context, SEQUENCE_TOKENS * sequences))
    return padded(max(context, min(wanted, affordable)))


def footprint(need: int, limit: Footprint, gpu_layers: int | None, replicas: int) -> Footprint:
    """Where it goes: to the GPUs as far as they have room, which is how llama.cpp fits layers by itself. One engine
    has all GPUs, each of several replicas its part of one of them."""
    gpus = limit.gpus[:1] if replicas > 1 else limit.gpus
    room = {gpu: limit[gpu] / -(-replicas // len(limit.gpus)) for gpu in gpus}
    if gpu_layers == 0 or not sum(room.values()):
        return Footprint({RAM: need})
    on_gpus = min(need - ENGINE_BYTES, sum(room.values()))
    shares = {gpu: on_gpus * size / sum(room.values()) for gpu, size in room.items()}
    return Footprint({RAM: need - on_gpus, **shares})
