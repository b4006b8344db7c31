"""The registries of recall: a new estimator, gate or target is one file and one line here."""

from mtam.base.variants import Variant

_TRAINED = "mtam.recall.run_recall:run"  # draws, trains a pack as one program, evaluates
_SOLVED = "mtam.recall.evaluation.benchmarks:run"
_SETTINGS = "mtam.recall.recall_models"

# Estimators by name. The settings of a variant with a gate name that gate. All contexts are drawn in torch.
MODELS = {
    "softmax": Variant(f"{_SETTINGS}:SoftmaxModel", _TRAINED, torch=True, gpu=True),
    "linear": Variant(f"{_SETTINGS}:LinearModel", _TRAINED, torch=True, gpu=True),
    "linear_elu": Variant(f"{_SETTINGS}:LinearEluModel", _TRAINED, torch=True, gpu=True),
    "own_gate": Variant(f"{_SETTINGS}:OwnGateModel", _TRAINED, torch=True, gpu=True),
    "frozen_rbf": Variant(f"{_SETTINGS}:FrozenRbfModel", _TRAINED, torch=True, gpu=True),
    "mean": Variant(f"{_SETTINGS}:MeanModel", _TRAINED, torch=True, gpu=True),
    "tag_only": Variant(f"{_SETTINGS}:TagOnlyModel", _TRAINED, torch=True, gpu=True),
    "oracle": Variant(f"{_SETTINGS}:OracleModel", _TRAINED, torch=True, gpu=True),
    "mercer": Variant(f"{_SETTINGS}:MercerModel", _TRAINED, torch=True, gpu=True),
    "knn": Variant(f"{_SETTINGS}:KnnModel", _SOLVED, torch=True),
    "gp": Variant(f"{_SETTINGS}:GpModel", _SOLVED, torch=True),
    "own_recall": Variant(f"{_SETTINGS}:OwnRecallModel", "mtam.recall.evaluation.own_recall:run", torch=True),
    "posterior": Variant(f"{_SETTINGS}:PosteriorModel", "mtam.recall.evaluation.posterior:run", torch=True),
}

# Regression functions by name: module and function (dim, generator) -> Function.
TARGETS = {
    "matern": "mtam.recall.simulate.targets:matern",
    "matern_stratified": "mtam.recall.simulate.stratified_matern:matern_stratified",
    "spectral": "mtam.recall.simulate.spectral_target:spectral",
    "takagi": "mtam.recall.simulate.targets:takagi",
    "linear": "mtam.recall.simulate.targets:linear",
    "quadratic": "mtam.recall.simulate.targets:quadratic",
}

# Draws of the Matern prior, whose Bayes rule is known; of the same prior at home on the box, whose spectrum is known;
# those that the prior standardises, not each draw by itself.
OF_MATERN_PRIOR = ("matern", "matern_stratified")
OF_BOX_PRIOR = ("spectral",)
BY_POPULATION = ("matern_stratified", "spectral")
