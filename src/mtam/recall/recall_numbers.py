"""What a record of recall holds, number by number. None: not measured in this trial, and no column of its record."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RecallNumbers:
    """The risk of every estimator on fresh contexts.

    error: excess risk E (f - F*)^2 over Var F*, without unit; error_se: its standard error over the contexts;
    mse: E (f - F*)^2; target_variance: Var F*, both in units of the standardised target squared.
    """

    error: float
    error_se: float
    mse: float
    target_variance: float


@dataclass(frozen=True, kw_only=True)
class BenchmarkNumbers(RecallNumbers):
    """Of nearest neighbours and of the Bayes rule, to which recall is given.

    attention_mass, attention_entropy, recall_accuracy: 1, 0 and 1 by definition; axes_learned: of the Bayes rule, as
    below; neighbours: the k that was chosen; seconds: of processor time; pack_seconds: of wall time.
    """

    attention_mass: float = 1.0
    attention_entropy: float = 0.0
    recall_accuracy: float = 1.0
    axes_learned: float | None = None
    neighbours: int | None = None
    seconds: float
    pack_seconds: float


@dataclass(frozen=True, kw_only=True)
class OwnRecallNumbers(RecallNumbers):
    """Of an estimator of the user's own.

    attention_mass, attention_entropy, recall_accuracy: as of what is trained, where it says how it weighs the
    components; seconds, pack_seconds: as above.
    """

    attention_mass: float | None = None
    attention_entropy: float | None = None
    recall_accuracy: float | None = None
    seconds: float
    pack_seconds: float


@dataclass(frozen=True, kw_only=True)
class TrainedNumbers(RecallNumbers):
    """Of what is trained.

    attention_mass: mean share of the attention on the answering component, of the sharpest head, in [0, 1];
    attention_entropy: of the shares, nats; recall_accuracy: how often the answering component has the most;
    attention_map, attention_answering: the attention of the first contexts, one after the other, and who answers;
    head_masses: attention_mass of every head, of several; posterior_mass: attention_mass of the exact posterior of who
    answers, given the tags (``posterior_weights``); axis_gains: g_j, share of a coefficient's effect that the answer
    has (``axis_gains``); axes_learned: their sum; cover_axes: D_eff(n), axes that the best cover of the coefficient box
    splits; participation: (sum s)^2 / sum s^2; sensitivity: s_j = E (df/du_j)^2 lambda_j, of some;
    shuffled_error: error with the queries of other contexts; swap_gain: share of the true change that the answer makes
    when the answering measure is exchanged; token_floor, token_floor_se: Bayes risk given the tokens, as error;
    train_loss, holdout_loss: mean squared errors at best_step; steps: of the optimiser; trace_*: the same along the
    training; parameters: trained numbers; bandwidth: h of a frozen kernel; bayes_error, bayes_error_se: of the Bayes
    rule on the same contexts, as error; average_bayes_error: its risk averaged over the prior, on the same contexts,
    over the prior's variance; bayes_axes_learned: its axes_learned; seconds: processor time of the pack per member;
    pack_seconds: wall time; members: trials in the pack.
    """

    attention_mass: float
    attention_entropy: float
    recall_accuracy: float
    attention_map: list[float] | None = None
    attention_answering: list[int] | None = None
    head_masses: list[float] | None = None
    posterior_mass: float
    axis_gains: list[float]
    axes_learned: float
    cover_axes: int
    participation: float
    sensitivity: list[float]
    shuffled_error: float
    swap_gain: float | None = None
    token_floor: float | None = None
    token_floor_se: float | None = None
    train_loss: float
    holdout_loss: float
    steps: int
    best_step: int
    trace_steps: list[int]
    trace_holdout: list[float]
    trace_train: list[float]
    parameters: int
    bandwidth: float | None = None
    bayes_error: float | None = None
    bayes_error_se: float | None = None
    average_bayes_error: float | None = None
    bayes_axes_learned: float | None = None
    seconds: float
    pack_seconds: float
    members: int
