"""ragas: a model that judges, and embeddings."""

from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from ragas.embeddings import OpenAIEmbeddings
from ragas.llms import llm_factory
from ragas.metrics import DiscreteMetric
from uses import ASK, MODEL, use

JUDGE = "judges"
"""ragas asks for JSON without giving its schema to the server: a model has to know what it is asked."""


class Verdict(BaseModel):
    good: bool


@use
def judge():
    assert isinstance(llm_factory(JUDGE, client=OpenAI()).generate(ASK, response_model=Verdict).good, bool)


@use
async def asynchronous():
    verdict = await llm_factory(JUDGE, client=AsyncOpenAI()).agenerate(ASK, response_model=Verdict)
    assert isinstance(verdict.good, bool)


@use
async def metric():
    accuracy = DiscreteMetric(
        name="accuracy", allowed_values=["accurate", "inaccurate"], prompt="Is that accurate? {response}"
    )
    score = await accuracy.ascore(llm=llm_factory(JUDGE, client=AsyncOpenAI()), response="This is a test.")
    assert (score.value, score.reason) == ("accurate", "It says so.")


@use
def embeddings():
    assert OpenAIEmbeddings(client=OpenAI(), model=MODEL).embed_text("one")
