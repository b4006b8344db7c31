"""The registries of interaction: a new estimator or token law is one file and one line here."""

from mtam.base.variants import Variant

_HERE = "mtam.interaction"
_RUN = f"{_HERE}.run_interaction:run"  # simulates, fits, evaluates; the settings name the fit
_SETTINGS = f"{_HERE}.interaction_models"

# Estimators by name.
MODELS = {
    "ips_erm": Variant(f"{_SETTINGS}:IpsErmModel", _RUN, gpu=True),
    "one_step": Variant(f"{_SETTINGS}:OneStepModel", f"{_HERE}.streaming.run_one_step:run"),
    "heads_erm": Variant(f"{_SETTINGS}:HeadsErmModel", f"{_HERE}.heads.run_heads:run"),
    "oracle_a": Variant(f"{_SETTINGS}:OracleAModel", _RUN),
    "mlp": Variant(f"{_SETTINGS}:MlpModel", _RUN, torch=True, gpu=True),
    "gradient": Variant(f"{_SETTINGS}:GradientModel", f"{_HERE}.training.run_training:run"),
    "als": Variant(f"{_SETTINGS}:AlsModel", _RUN),
    "own_interaction": Variant(f"{_SETTINGS}:OwnInteractionModel", _RUN),
}

# Those that can be fitted to data whose truth is not known.
OWN_DATA_MODELS = {
    "ips_erm": Variant(f"{_HERE}.own_data.own_data_spec:OwnDataErmModel", f"{_HERE}.own_data.fit_own_data:run"),
}

# Token laws by name: module and function (data, generator) -> Tokens.
TOKEN_LAWS = {
    "cube": f"{_HERE}.simulate.tokens:cube",
    "gaussian": f"{_HERE}.simulate.tokens:gaussian",
    "sphere": f"{_HERE}.simulate.tokens:sphere",
    "anisotropic": f"{_HERE}.simulate.tokens:anisotropic",
    "dependent": f"{_HERE}.simulate.tokens:dependent",
    "without_replacement": f"{_HERE}.simulate.tokens:without_replacement",
}
