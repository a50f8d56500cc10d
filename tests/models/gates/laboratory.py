"""A user's MLflow in which real models are logged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import jupyter_mlops
from jupyter_mlops.config import Settings
from jupyter_mlops.models.facts import ModelFacts, facts_from
from jupyter_mlops.models.trial_child import TrialLimits
from jupyter_mlops.tracking.model_facts import facts_of_logged_model

PATIENT = TrialLimits(seconds=240, memory_bytes=8 * 10**9)


@dataclass
class Laboratory:
    """A user's MLflow in which models are logged.

    Args:
        settings: the user's.
        root: a folder for files of the user's.
    """

    settings: Settings
    root: Path

    def log(self, model: Any, **how: Any) -> ModelFacts:
        """Log a fitted model to a run of its own; `evaluation` is what `log_evaluation` is given."""
        evaluation, metrics = how.pop("evaluation", None), how.pop("metrics", {})
        with mlflow.start_run(tags=how.pop("tags", {})):
            how.setdefault("pip_requirements", ["scikit-learn"])
            info = mlflow.sklearn.log_model(model, name="model", **how)
            mlflow.log_metrics(metrics)
            if evaluation is not None:
                jupyter_mlops.log_evaluation(
                    *evaluation[:2], **(evaluation[2] if len(evaluation) > 2 else {})
                )
        return self.facts(info.model_id)

    def facts(self, model_id: str) -> ModelFacts:
        """What is known of a logged model now."""
        return facts_from(facts_of_logged_model(MlflowClient(), model_id))

    def breast_cancer(self, c: float, seed: int, **how: Any) -> ModelFacts:
        """The product's example: C=1 is good; C=0.0001 says yes to nearly all, and has a fine AUC."""
        X, y = load_breast_cancer(return_X_y=True, as_frame=True)  # noqa: N806
        X_train, X_test, y_train, y_test = train_test_split(  # noqa: N806
            X, y, test_size=0.25, random_state=seed, stratify=y
        )
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)).fit(X_train, y_train)
        metrics = {
            "accuracy": accuracy_score(y_test, model.predict(X_test)),
            "roc_auc": roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]),
        }
        size = X_test["mean radius"].gt(14).map({True: "large", False: "small"})
        return self.log(
            model,
            metrics=metrics,
            input_example=X_test.head(5),
            evaluation=(X_test, y_test, {"slices": {"size": size}}),
            **how,
        )
