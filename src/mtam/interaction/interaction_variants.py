"""The registries of interaction: a new estimator or token law is one file and one line here."""

from mtam.base.variants import Variant

_RUN = "mtam.interaction.run_interaction:run"  # simulates, fits, evaluates; the settings name the fit
_SETTINGS = "mtam.interaction.interaction_models"

# Estimators by name.
MODELS = {
    "ips_erm": Variant(f"{_SETTINGS}:IpsErmModel", _RUN),
    "oracle_a": Variant(f"{_SETTINGS}:OracleAModel", _RUN),
    "mlp": Variant(f"{_SETTINGS}:MlpModel", _RUN),
    "als": Variant(f"{_SETTINGS}:AlsModel", _RUN),
}

# Those that can be fitted to data whose truth is not known.
OWN_DATA_MODELS = {
    "ips_erm": Variant(f"{_SETTINGS}:IpsErmModel", "mtam.interaction.own_data.fit_own_data:run"),
}

# Token laws by name: module and function (data, generator) -> Tokens.
TOKEN_LAWS = {
    "cube": "mtam.interaction.simulate.tokens:cube",
    "gaussian": "mtam.interaction.simulate.tokens:gaussian",
    "sphere": "mtam.interaction.simulate.tokens:sphere",
    "anisotropic": "mtam.interaction.simulate.tokens:anisotropic",
    "dependent": "mtam.interaction.simulate.tokens:dependent",
    "without_replacement": "mtam.interaction.simulate.tokens:without_replacement",
}
