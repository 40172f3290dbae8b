"""ragas: a model that judges, and embeddings."""

from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from ragas.embeddings import OpenAIEmbeddings
from ragas.llms import llm_factory
from uses import ASK, MODEL, use


class Verdict(BaseModel):
    good: bool


@use
def judge():
    assert isinstance(llm_factory(MODEL, client=OpenAI()).generate(ASK, response_model=Verdict).good, bool)


@use
async def asynchronous():
    verdict = await llm_factory(MODEL, client=AsyncOpenAI()).agenerate(ASK, response_model=Verdict)
    assert isinstance(verdict.good, bool)


@use
def embeddings():
    assert OpenAIEmbeddings(client=OpenAI(), model=MODEL).embed_text("one")
