"""The clients, each pinned to the version that the table of docs/clients.md speaks of."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["python", "node", "go", "rust"]


@dataclass(frozen=True)
class Client:
    """One client: what is installed for it, and the program that uses it as its own quick start does. The first of
    the packages is the client itself. `python` is a version of it that the client needs."""

    name: str
    kind: Kind
    program: str
    packages: tuple[str, ...]
    python: str | None = None

    @property
    def shown(self) -> str:
        """The client and its version, as the table has it."""
        name, version = re.match(r"(@?[^@=\s\[]+).*?(\d+\.\d[\w.]*)", self.packages[0]).groups()  # type: ignore[union-attr]
        return f"{name} {version}"


def python(name: str, program: str, *packages: str, version: str | None = None) -> Client:
    return Client(name, "python", program, packages, version)


def node(name: str, program: str, *packages: str) -> Client:
    return Client(name, "node", program, packages)


LANGCHAIN_JS = "@langchain/core@1.4.0", "zod@4.6.7"
INSTRUCTOR_JS = "openai@4.104.0", "zod@3.25.76"

CLIENTS = (
    python("openai-1", "openai_sdk.py", "openai==1.109.1", "pydantic==2.13.5"),
    python("openai-2", "openai_sdk.py", "openai==2.45.0", "pydantic==2.13.5"),
    python("openai-3", "openai_sdk.py", "openai==3.57.0"),
    python("langchain-openai", "langchain_chat.py", "langchain-openai==1.7.4", "langchain-core"),
    python("langchain-ollama", "langchain_chat.py", "langchain-ollama==1.1.0", "langchain-core"),
    python("langgraph", "langgraph_agent.py", "langgraph==1.2.24", "langchain-openai==1.7.4", "langchain"),
    python(
        "llama-index-openai-like",
        "llamaindex.py",
        "llama-index-llms-openai-like==0.8.1",
        "llama-index-embeddings-openai-like==0.4.0",
    ),
    python(
        "llama-index-ollama",
        "llamaindex.py",
        "llama-index-llms-ollama==0.11.0",
        "llama-index-embeddings-ollama==0.10.0",
    ),
    python("litellm", "litellm_completion.py", "litellm==1.110.2"),
    python("pydantic-ai", "pydantic_agent.py", "pydantic-ai-slim[openai]==2.68.0"),
    python("openai-agents", "openai_agents.py", "openai-agents==0.24.0"),
    python("instructor", "instructor_models.py", "instructor==1.17.0"),
    python("dspy", "dspy_modules.py", "dspy==3.4.1"),
    python("haystack", "haystack_pipeline.py", "haystack-ai==3.4.1"),
    python("haystack-ollama", "haystack_pipeline.py", "ollama-haystack==7.0.2", "haystack-ai==3.4.1"),
    python("semantic-kernel", "semantic_kernel_agent.py", "semantic-kernel==1.45.0"),
    python("autogen", "autogen_agent.py", "autogen-ext[openai]==0.7.5", "autogen-agentchat==0.7.5"),
    python("crewai", "crewai_crew.py", "crewai==1.15.30"),
    python("smolagents", "smolagents_agent.py", "smolagents[openai]==1.26.0"),
    python("guidance", "guidance_program.py", "guidance==0.3.1", "openai==2.45.0"),
    python("outlines", "outlines_types.py", "outlines[openai]==1.3.3"),
    python("ollama", "ollama_sdk.py", "ollama==0.6.3"),
    python("llm", "llm_prompts.py", "llm==0.36"),
    python("llm-ollama", "llm_prompts.py", "llm-ollama==0.19.1", "llm==0.36"),
    python("mem0", "mem0_memory.py", "mem0ai==2.2.1", "ollama==0.6.3"),
    python("chromadb", "chroma_functions.py", "chromadb==1.5.9", "openai==2.45.0", "ollama==0.6.3"),
    python("aider", "aider_edit.py", "aider-chat==0.86.2"),
    python("agno", "agno_agent.py", "agno==3.1.10", "openai==2.45.0"),
    python("mirascope", "mirascope_calls.py", "mirascope[openai]==2.8.2"),
    python("strands", "strands_agent.py", "strands-agents[openai,ollama]==1.62.0"),
    python("huggingface-hub", "huggingface_client.py", "huggingface-hub==2.4.0"),
    python("magentic", "magentic_prompts.py", "magentic==0.41.1"),
    python("ragas", "ragas_metric.py", "ragas==0.4.3", "langchain-community==0.3.31"),
    python("anthropic-0", "anthropic_sdk.py", "anthropic==0.125.0"),
    python("anthropic-2", "anthropic_sdk.py", "anthropic==2.13.0"),
    node("anthropic-node", "anthropic_sdk.mjs", "@anthropic-ai/sdk@1.14.0", "zod@4.6.7"),
    node("claude-code", "claude_code.mjs", "@anthropic-ai/claude-code@2.1.197"),
    node("openai-node-4", "openai_sdk.mjs", "openai@4.104.0", "zod@3.25.76"),
    node("openai-node-5", "openai_sdk.mjs", "openai@5.23.2", "zod@3.25.76"),
    node("openai-node-7", "openai_sdk.mjs", "openai@7.57.0", "zod@4.6.7"),
    node("ollama-js", "ollama_sdk.mjs", "ollama@0.6.4"),
    node("ai-openai", "ai_sdk.mjs", "@ai-sdk/openai@4.0.118", "ai@7.0.173", "zod@4.6.7"),
    node("ai-openai-compatible", "ai_sdk.mjs", "@ai-sdk/openai-compatible@3.0.92", "ai@7.0.173", "zod@4.6.7"),
    node("ai-ollama-v2", "ai_sdk.mjs", "ollama-ai-provider-v2@4.0.1", "ai@7.0.173", "zod@4.6.7"),
    node("ai-sdk-ollama", "ai_sdk.mjs", "ai-sdk-ollama@4.3.0", "ai@7.0.173", "zod@4.6.7"),
    node(
        "langchain-js-openai", "langchain_chat.mjs", "@langchain/openai@1.6.0", "@langchain/core@1.4.0", "zod@4.6.7"
    ),
    node(
        "langchain-js-ollama", "langchain_chat.mjs", "@langchain/ollama@1.3.0", "@langchain/core@1.4.0", "zod@4.6.7"
    ),
    node("openai-agents-js", "openai_agents.mjs", "@openai/agents@0.20.0", "zod@4.6.7"),
    node("promptfoo", "promptfoo_eval.mjs", "promptfoo@0.121.18"),
    node(
        "instructor-js", "instructor_models.mjs", "@instructor-ai/instructor@1.7.0", "openai@4.104.0", "zod@3.25.76"
    ),
    node("codex", "agents.mjs", "@openai/codex@0.169.0"),
    node("opencode", "agents.mjs", "opencode-ai@1.18.33"),
    node("qwen-code", "agents.mjs", "@qwen-code/qwen-code@0.15.10"),
    node("copilot-cli", "agents.mjs", "@github/copilot@1.0.102"),
    Client("openai-go", "go", "openai_go.go", ("github.com/openai/openai-go/v3@v3.96.0",)),
    Client(
        "async-openai",
        "rust",
        "async_openai.rs",
        (
            'async-openai = { version = "0.43.0", features = ["chat-completion", "embedding"] }',
            'tokio = { version = "1", features = ["macros", "rt"] }',
            'futures = "0.3"',
            'serde_json = "1"',
        ),
    ),
)

EXPECTED: dict[tuple[str, str], str] = {}
"""What does not work, by client and use, and why."""
