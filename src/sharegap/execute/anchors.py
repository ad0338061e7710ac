"""Anchors: what chance, a linear model and nearest neighbours score on the samples of a run."""

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import OneHotEncoder
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.split import split, split_sizes
from sharegap.execute.build import build_task, load_dataset
from sharegap.plan.run import Run
from sharegap.tasks import Task
from sharegap.training.evaluation import Evaluation

NEIGHBOURS, MAX_ITERATIONS = 5, 300
"""Neighbours that vote, scikit-learn's own number; and iterations of a logistic regression, enough for small data."""

Features = Any
"""An array (samples, features), of tokens a sparse one."""
Row = dict[str, Any]


def measure_anchor(anchor: Run) -> Row:
    """Measure what needs no network on the samples of a run: an anchor for the scores of networks.

    It sees the same split, flattened: of pairs the difference, of tokens and of the task of a sample an indicator of
    each. Its numbers are scikit-learn's defaults, and nothing is tuned. The linear model of a reconstruction is PCA.
    Probabilities are smoothed by Laplace's rule, as neighbours and frequencies give some classes no chance at all.

    Args:
        anchor: by `Run.as_anchor`; of the network nothing counts, but the width of the code of a reconstruction.

    Returns:
        Its row, in the columns of `sharegap.results.schema.RUNS`.
    """
    dataset, task, options = load_dataset(anchor), build_task(anchor), anchor.config["dataset"]
    sizes = split_sizes(dataset, options["n_train"], options["n_validation"])
    train, validation = split(dataset, anchor.config["seed"], *sizes)
    parts = {"train": (dataset.x[train], dataset.y[train])}
    if len(validation):
        parts["validation"] = (dataset.x[validation], dataset.y[validation])
    parts["test"] = (dataset.x_test, dataset.y_test)

    start = time.perf_counter()
    features = {part: _features(dataset, task, x) for part, (x, _) in parts.items()}
    widths = anchor.config["model"]["network"].get("widths")
    code = int(np.min(widths)) if widths else None
    model = _fit(anchor.config["anchor"], features["train"], parts["train"][1], dataset.classes, code)
    seconds = time.perf_counter() - start
    evaluation = Evaluation(task, list(parts), 1, torch.device("cpu"), extra_metrics=True)
    for part, (x, y) in parts.items():
        outputs = _outputs(task, model.predict(features[part]), y)
        tasks = task.tasks_of(x.unsqueeze(0))
        evaluation.update(part, outputs.unsqueeze(0), y.unsqueeze(0), tasks)
    values = {labels: float(value) for labels, value in evaluation.compute().items()}
    values["test", "samples"] = float(len(dataset.y_test))
    measurements = []
    for (part, metric), value in values.items():
        measurements.append({"snapshot": "final", "split": part, "metric": metric, "value": value})
    return {
        "run": anchor.id,
        "config": anchor.json,
        "score_name": task.score_name,
        "higher_is_better": task.higher_is_better,
        "scored_at": "final",
        "diverged": False,
        "unique_parameters": model.parameters,
        "train_seconds": seconds,
        "measurements": measurements,
        "curve": [],
    }


class _Model:
    """Estimators of scikit-learn, each with the targets that it predicts.

    Args:
        estimators: fitted.
        classes: number of classes; 0 for real numbers.
        samples: how many they were fitted to.
    """

    def __init__(self, estimators: Sequence[Any], classes: int, samples: int) -> None:
        self.estimators, self.classes, self.samples = estimators, classes, samples

    def predict(self, features: Features) -> Tensor:
        """Return probabilities (samples, targets, classes), or numbers (samples, targets)."""
        if not self.classes:
            columns = [estimator.predict(features).reshape(features.shape[0], -1) for estimator in self.estimators]
            return torch.from_numpy(np.concatenate(columns, 1))
        probabilities = np.zeros((features.shape[0], len(self.estimators), self.classes))
        for target, estimator in enumerate(self.estimators):
            probabilities[:, target, estimator.classes_] = estimator.predict_proba(features)
        # Laplace's rule: as if there was one more sample of each class.
        return torch.from_numpy((self.samples * probabilities + 1) / (self.samples + self.classes))

    @property
    def parameters(self) -> int:
        """How many numbers were fitted; samples that are kept are none."""
        names = ("coef_", "intercept_", "components_", "mean_")
        return sum(np.size(getattr(estimator, name, ())) for estimator in self.estimators for name in names)


class _Reconstruction(PCA):
    """PCA that predicts its own input."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        return np.asarray(self.inverse_transform(self.transform(features)))


def _fit(name: str, features: Features, y: Tensor, classes: int, code: int | None) -> _Model:
    """Fit an anchor; `code` is the number of components of a linear reconstruction, by default all."""
    targets = y.reshape(len(y), -1).numpy()
    if classes:
        return _Model([_fit_classes(name, features, column) for column in targets.T], classes, len(y))
    if name == "linear" and np.array_equal(features, targets):
        components = None if code is None else min(code, *targets.shape)
        return _Model([_Reconstruction(components).fit(features)], 0, len(y))
    missing = np.isnan(targets)
    if not missing.any():
        return _Model([_regressor(name, len(targets)).fit(features, targets)], 0, len(y))
    estimators = []
    for column, is_missing in zip(targets.T, missing.T, strict=True):
        present = np.flatnonzero(~is_missing)
        estimators.append(_regressor(name, len(present)).fit(features[present], column[present]))
    return _Model(estimators, 0, len(y))


def _fit_classes(name: str, features: Features, classes: np.ndarray) -> Any:
    """A classifier of one target; where that is missing, it is −1."""
    present = np.flatnonzero(classes >= 0)
    estimators = {
        "chance": DummyClassifier(),
        "linear": LogisticRegression(max_iter=MAX_ITERATIONS),
        "neighbours": KNeighborsClassifier(min(NEIGHBOURS, len(present))),
    }
    # A single class is all that there is to predict, which logistic regression refuses.
    is_constant = len(np.unique(classes[present])) == 1
    estimator = estimators["chance" if is_constant else name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(features[present], classes[present])


def _regressor(name: str, num_samples: int) -> Any:
    estimators = {
        "chance": DummyRegressor(),
        "linear": Ridge(),
        "neighbours": KNeighborsRegressor(min(NEIGHBOURS, num_samples)),
    }
    return estimators[name]


def _features(dataset: Dataset, task: Task, x: Tensor) -> Features:
    """What an anchor sees of inputs, (samples, features)."""
    if not x.is_floating_point():  # tokens
        encoder = OneHotEncoder(categories=[np.arange(dataset.classes)] * x.shape[1])
        return encoder.fit_transform(x.numpy())
    if not task.output_shape:  # pairs, of which a network compares embeddings
        return (x[:, 0] - x[:, 1]).abs().flatten(1).numpy()
    tasks = task.tasks_of(x)
    if tasks is not None:  # the last number of a sample
        indicator = torch.nn.functional.one_hot(tasks, len(dataset.tasks))
        return torch.cat([x[:, :-1], indicator], 1).numpy()
    return x.flatten(1).numpy()


def _outputs(task: Task, predicted: Tensor, y: Tensor) -> Tensor:
    """A network's outputs for predictions: logits, numbers, or embeddings whose distance is 1 − P(same)."""
    if not task.output_shape:
        distance = 1 - predicted[:, 0, 1:]
        return torch.stack([distance, torch.zeros_like(distance)], 1)
    if task.classes:
        return predicted.log().reshape(*y.shape, task.classes)
    return predicted.reshape(y.shape)
