"""The numbers in a record of recall that tables and pictures read, by their shapes."""

from typing import Self

from pydantic import Field, model_validator

from mtam.base.spec import Number, Numbers, Size


class RecallShape(Numbers):
    """Numbers of one trial; ``error`` is always there, the others where the estimator and the protocol give them."""

    error: Size
    error_se: Size = 0.0
    mse: Size = 0.0
    target_variance: Size = 0.0
    attention_mass: Number = 0.0
    attention_entropy: Number = 0.0
    recall_accuracy: Number = 0.0
    posterior_mass: Number = 0.0
    axes_learned: Number = 0.0
    cover_axes: Number = 0.0
    bayes_axes_learned: Number = 0.0
    swap_gain: Number = 0.0
    shuffled_error: Size = 0.0
    bayes_error: Size = 0.0
    bayes_error_se: Size = 0.0
    average_bayes_error: Size = 0.0
    token_floor: Size = 0.0
    holdout_loss: Number = 0.0
    attention_map: list[Number] = Field(default_factory=list, min_length=1)  # (contexts, components), row by row
    attention_answering: list[int] = Field(default_factory=list, min_length=1)  # (contexts,)
    trace_steps: list[Number] = Field(default_factory=list, min_length=1)
    trace_holdout: list[Number] = Field(default_factory=list, min_length=1)
    trace_train: list[Number] = Field(default_factory=list, min_length=1)

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        contexts = len(self.attention_answering)
        if bool(contexts) != bool(self.attention_map) or (contexts and len(self.attention_map) % contexts):
            raise ValueError("attention_map is no table over the contexts of attention_answering")
        if len({len(self.trace_steps), len(self.trace_holdout), len(self.trace_train)}) > 1:
            raise ValueError("trace_steps, trace_holdout and trace_train differ in length")
        return self
