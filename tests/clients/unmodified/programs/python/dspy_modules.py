"""DSPy, whose adapters try marks in the text first, and then JSON."""

import dspy
from uses import ASK, BASE_URL, KEY, MODEL, use

model = dspy.LM(f"openai/{MODEL}", api_base=BASE_URL, api_key=KEY, max_tokens=300, cache=False)


class Judge(dspy.Signature):
    """Whether a sentence is kind."""

    sentence: str = dspy.InputField()
    kind: bool = dspy.OutputField()


@use
def predict():
    with dspy.context(lm=model):
        assert dspy.Predict("question -> answer")(question=ASK).answer is not None


@use
def typed_output():
    with dspy.context(lm=model):
        assert isinstance(dspy.Predict(Judge)(sentence="Hello").kind, bool)


@use
def chain_of_thought():
    with dspy.context(lm=model):
        assert dspy.ChainOfThought("question -> answer")(question=ASK).reasoning is not None


@use
def ollama_route():
    local = dspy.LM(f"ollama_chat/{MODEL}", api_base=BASE_URL, api_key="unused", max_tokens=300, cache=False)
    assert local(ASK)


@use
async def asynchronous():
    with dspy.context(lm=model):
        assert (await dspy.Predict("question -> answer").acall(question=ASK)).answer is not None
