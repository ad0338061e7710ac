"""What is kept of a run agrees with its figures."""

import numpy as np
import polars as pl
import pytest

from sharegap.execute.build import load_dataset
from sharegap.execute.kept import is_kept, keep_results, predict_samples
from sharegap.execute.load import load
from sharegap.results import Store
from sharegap.testing.runs import TINY, make_run


def accuracy(table):
    logits = table.select(pl.col("^output .*$")).to_numpy()
    return float((logits.argmax(1) == table["target 0"].to_numpy()).mean())


@pytest.mark.parametrize("regularizer", ["dropout", "early_stopping"])
def test_predictions_give_the_scores_of_their_run(trained, tmp_path, regularizer):
    """At the weights at which it is scored, and of all its samples."""
    options = ["dataset=digits", "model=residual", f"regularizer=[{regularizer}]", "optimizer.lr=0.05"]
    runs = [make_run(*TINY, *options, f"seed={seed}") for seed in (0, 1)]
    fleet, rows = trained(*runs)
    keep_results(fleet, runs, store := Store(tmp_path), ["predictions"])
    snapshot = fleet.objectives.scored_at
    for run, row in zip(runs, rows, strict=True):
        table = pl.read_parquet(store.predictions(run.id))
        assert table.columns[:3] == ["split", "sample", "target 0"]
        for split in ("train", "validation", "test"):
            part = table.filter(split=split)
            assert accuracy(part) == pytest.approx(row[f"{snapshot}_{split}_score"])
        pool, test = load_dataset(run).y.numpy(), load_dataset(run).y_test.numpy()
        held = table.filter(split="validation")
        np.testing.assert_array_equal(held["target 0"], pool[held["sample"]])
        np.testing.assert_array_equal(table.filter(split="test")["target 0"], test)


def test_a_kept_model_gives_the_kept_predictions(trained, tmp_path):
    """In the words and units of a user's table, without validation samples, too."""
    rng = np.random.default_rng(0)
    pl.DataFrame({"a": rng.normal(size=200), "price": 100 + rng.normal(size=200)}).write_csv(tmp_path / "mine.csv")
    options = ["dataset=table", f"dataset.path={tmp_path / 'mine.csv'}", "dataset.targets=[price]"]
    run = make_run(*TINY, *options, "dataset.n_validation=0")
    fleet, _ = trained(run)
    store = Store(tmp_path)
    assert not is_kept(store, run.id, ["weights"])
    keep_results(fleet, [run], store, ["weights", "predictions"])
    assert is_kept(store, run.id, ["weights", "predictions"])
    table = pl.read_parquet(store.predictions(run.id))
    assert table.columns == ["split", "sample", "price", "predicted"]
    assert table["split"].unique().sort().to_list() == ["test", "train"]
    assert 90 < table["price"].mean() < 110
    assert table.equals(predict_samples(load(store.model(run.id)), run, load_dataset(run)))
