"""What a model's `MLmodel` file says, as MLflow's flavours write it."""

from __future__ import annotations

import pytest

from jupyter_mlops.tracking.model_description import RUNS_CODE, parse_description, serialization_of

STATSMODELS = """
flavors:
  python_function: {data: model.statsmodels, loader_module: mlflow.statsmodels, python_version: 3.11.7}
  statsmodels: {code: null, data: model.statsmodels, statsmodels_version: 0.15.0}
"""
PMDARIMA = """
flavors:
  pmdarima: {code: null, data: model.pmd, pmdarima_version: 2.0.4}
  python_function: {loader_module: mlflow.pmdarima, model_path: model.pmd, python_version: 3.11.7}
"""
XGBOOST = """
flavors:
  python_function: {data: model.ubj, loader_module: mlflow.xgboost, python_version: 3.11.7}
  xgboost: {data: model.ubj, model_class: xgboost.sklearn.XGBClassifier, xgb_version: 3.1.0}
"""
SKOPS = """
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.skops, python_version: 3.11.7}
  sklearn: {pickled_model: model.skops, serialization_format: skops, sklearn_version: 1.7.2}
"""


@pytest.mark.parametrize(
    ("description", "file", "serialization", "runs_code"),
    [
        (STATSMODELS, "model.statsmodels", "pickle", True),
        (PMDARIMA, "model.pmd", "pickle", True),
        (XGBOOST, "model.ubj", "flavour's own", False),
        (SKOPS, "model.skops", "skops", False),
        ("flavors: {}", "weights.pkl", "pickle", True),
    ],
)
def test_a_model_that_is_a_pickle_is_known_as_one_that_can_run_code(
    description: str, file: str, serialization: str, runs_code: bool
) -> None:
    found = serialization_of(parse_description(description), {"MLmodel": 700, file: 9_000})
    assert (found, found in RUNS_CODE) == (serialization, runs_code)
