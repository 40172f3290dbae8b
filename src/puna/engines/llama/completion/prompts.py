"""Prompts as tokens."""

import asyncio
from collections.abc import Sequence

from puna.core.completions import Prompt
from puna.core.errors import ContextLengthExceeded, InvalidRequest
from puna.core.subjects import PromptAt, Subject
from puna.engines.llama.arguments import LlamaArguments
from puna.engines.llama.completion.infill import InfillTokens
from puna.engines.llama.completion.tokens import Tokens
from puna.engines.process.client import EngineClient
from puna.formats.vocabulary import Vocabulary, vocabulary_of

CONCURRENT = 32
"""How many texts are tokenised at once."""


class PromptReader:
    """Turns the prompts of a request into tokens that the model can take."""

    def __init__(self, client: EngineClient, arguments: LlamaArguments) -> None:
        self._client = client
        self._arguments = arguments
        self._turns = asyncio.Semaphore(CONCURRENT)

    async def vocabulary(self) -> Vocabulary:
        """What the tokens stand for, read in a thread when first asked for."""
        return await asyncio.to_thread(vocabulary_of, self._arguments.weights)

    async def read(self, prompts: Sequence[Prompt]) -> list[Tokens]:
        """The prompts' tokens, a text's with what its tokenizer puts around every text (BOS).

        Raises:
            InvalidRequest: a token that the model does not have.
            ContextLengthExceeded: a prompt leaves no room for an answer.
        """
        subjects = [PromptAt(index) for index in range(len(prompts))]
        read = await self.tokens(prompts, subjects)
        for about, tokens in zip(subjects, read, strict=True):
            if len(tokens) >= self._arguments.context_length:
                raise ContextLengthExceeded(len(tokens), self._arguments.context_length, about=about)
        return [tokens or await self._beginning() for tokens in read]

    async def tokens(self, prompts: Sequence[Prompt], subjects: Sequence[Subject]) -> list[Tokens]:
        """The prompts' tokens, however many there are. `subjects` say what each is in the request."""
        return await asyncio.gather(*map(self._read, prompts, subjects))

    async def read_infill(self, prompts: Sequence[Prompt], suffix: str) -> list[Tokens]:
        """The prompts that ask for what comes between each prompt and the suffix."""
        begin = (await self._tokenize("", special=True))[:1]
        infill = InfillTokens.of(await self.vocabulary(), begin=begin[0] if begin else None)
        after = await self._tokenize(suffix, special=False)
        texts = [
            await self._tokenize(prompt, special=False) if isinstance(prompt, str) else prompt for prompt in prompts
        ]
        return await self.read([infill.prompt(before, after) for before in texts])

    async def text(self, prompt: Prompt) -> str:
        """What a prompt says."""
        return prompt if isinstance(prompt, str) else (await self.vocabulary()).text(prompt)

    async def _read(self, prompt: Prompt, about: Subject) -> Tokens:
        if isinstance(prompt, str):
            return await self._tokenize(prompt, special=True)
        size = len(await self.vocabulary())
        for place, token in enumerate(prompt):
            if not 0 <= token < size:
                raise InvalidRequest(
                    f"Token {token} at position {place} is out of range: this model's tokens are 0 to {size - 1}.",
                    about=about,
                )
        return prompt

    async def _beginning(self) -> Tokens:
        """What an empty prompt stands for: the beginning of a document."""
        special = (await self.vocabulary()).special
        return (special.get("bos", special.get("eos", 0)),)

    async def _tokenize(self, text: str, *, special: bool) -> Tokens:
        body = {"content": text, "add_special": special, "parse_special": special}
        async with self._turns:
            return tuple((await self._client.post("/tokenize", body))["tokens"])
