"""What needs no network scores on a run's samples."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from sharegap.data.split import split
from sharegap.execute.anchors import measure_anchor
from sharegap.execute.build import load_dataset
from sharegap.plan.run import ANCHORS
from sharegap.results.schema import RUNS
from sharegap.results.wide import value_of
from tests.helpers import make_run

MODELS = {
    "mnist1d": "local1d",
    "digits": "local2d",
    "digit_pairs": "siamese",
    "two_digits": "multitask",
    "related_tasks": "per_task",
    "digits_reconstruction": "autoencoder",
    "markov_text": "language",
    "dsd": "patches",
}


def run_of(dataset, *options):
    return make_run(f"dataset={dataset}", f"model={MODELS[dataset]}", "dataset.n_train=300", *options)


def score(row, split="test", metric="score"):
    return value_of(row, snapshot="final", split=split, metric=metric)


@pytest.mark.parametrize("dataset", MODELS)
def test_every_kind_of_data_has_anchors(dataset):
    run = run_of(dataset, "dataset.n_validation=200")
    rows = [measure_anchor(run.as_anchor(name)) for name in ANCHORS]
    by_name = {json.loads(row["config"])["anchor"]: row for row in rows}
    assert list(by_name) == list(ANCHORS)
    table = pl.DataFrame(rows, schema=RUNS, strict=True)
    assert table["run"].n_unique() == len(rows)
    for row in rows:
        assert not row["diverged"]
    assert all(np.isfinite(value["value"]) for row in rows for value in row["measurements"])
    direction = 1 if rows[0]["higher_is_better"] else -1
    chance, linear = (direction * score(by_name[name]) for name in ("chance", "linear"))
    assert linear > chance - 0.05
    assert by_name["chance"]["unique_parameters"] == 0 < by_name["linear"]["unique_parameters"]


def test_linear_is_a_logistic_regression():
    """On the split of the run's seed."""
    run = run_of("digits", "dataset.n_validation=200", "seed=3")
    data = load_dataset(run)
    train, validation = split(data, 3, 300, 200)
    x = data.x.flatten(1).numpy()
    reference = LogisticRegression(max_iter=300).fit(x[train], data.y[train])
    row = measure_anchor(run.as_anchor("linear"))
    assert score(row, "validation") == pytest.approx(reference.score(x[validation], data.y[validation]))
    probabilities = reference.predict_proba(data.x_test.flatten(1).numpy())
    smoothed = (300 * probabilities + 1) / 310
    expected = -np.log(smoothed[np.arange(500), data.y_test]).mean()
    assert score(row, "test", "loss") == pytest.approx(expected, rel=1e-5)
    assert row["unique_parameters"] == 650


def test_chance_knows_frequencies_only():
    row = measure_anchor(run_of("mnist1d").as_anchor("chance"))
    assert score(row) == pytest.approx(0.1, abs=0.02)
    assert score(row, "train", "loss") == pytest.approx(np.log(10), abs=0.01)
    assert score(measure_anchor(run_of("digit_pairs").as_anchor("chance"))) == pytest.approx(0.5)


def test_anchors_depend_on_data_and_seed():
    """And not on how a network is trained."""
    base, trained, other = (run_of("mnist1d", *options) for options in ([], ["training.steps=100"], ["seed=1"]))
    first, same, different = (measure_anchor(run.as_anchor("neighbours")) for run in (base, trained, other))
    assert first["measurements"] == same["measurements"] != different["measurements"]


def test_missing_targets_are_left_out(tmp_path):
    """Of several targets; what is present is predicted."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 4))
    y = np.stack([x @ [1, 2, 0, 0], x @ [0, 0, 1, -1]], 1)
    y[rng.random(y.shape) < 0.3] = np.nan
    np.savez(tmp_path / "data.npz", x=x, y=y)
    run = make_run("dataset=arrays", f"dataset.path={tmp_path / 'data.npz'}", "model=residual", "dataset.n_train=null")
    assert score(measure_anchor(run.as_anchor("linear"))) > 0.99
    assert score(measure_anchor(run.as_anchor("chance"))) == pytest.approx(0, abs=0.1)


def test_linear_reconstruction_is_pca():
    """Its code is as wide as the network's."""
    scores = []
    for width in (2, 32):
        row = measure_anchor(run_of("digits_reconstruction", f"model.network.widths=[{width}]").as_anchor("linear"))
        assert row["unique_parameters"] == 64 * width + 64
        scores.append(score(row))
    assert scores[0] < 0.5 < 0.85 < scores[1]
