"""How the next token is chosen, and when generation ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Sampling settings; `None` means unset, so that a lower layer decides: the model's, then the dialect's.

    `max_tokens` counts generated tokens. `repeat_last_n` is how many of the last tokens the penalties see,
    -1 for all of them. `top_k` 0, `top_p` 1, `min_p` 0 and `typical_p` 1 switch their filter off. `seed` is any
    integer; without one each answer is another. `logit_bias` is added to the logits of those token ids before
    anything else; -100 bans a token, 100 forces it.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    typical_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repeat_penalty: float | None = None
    repeat_last_n: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    max_tokens: int | None = None
    logit_bias: tuple[tuple[int, float], ...] | None = None

    def over(self, lower: "Sampling") -> "Sampling":
        """These settings, with what is unset here taken from `lower`."""
        return Sampling(
            **{
                name: getattr(lower, name) if (own := getattr(self, name)) is None else own
                for name in self.__dataclass_fields__
            }
        )


UNCHANGED = Sampling(
    temperature=1.0,
    top_p=1.0,
    top_k=0,
    min_p=0.0,
    typical_p=1.0,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    repeat_penalty=1.0,
    repeat_last_n=-1,
    stop=(),
)
"""The model's own distribution: no filter, no penalty."""
