"""Public tables of different kinds go through `sharegap choose` and leave a model that predicts as its run did."""

import json

import numpy as np
import polars as pl
import pytest

import sharegap
from sharegap.execute.build import load_dataset
from sharegap.plan.run import Run
from tests.answers import choose, final_row, stored_score
from tests.public_tables import TABLES, UNDERSTOOD

QUICK = ("methods=[none,soft]", "trials=1", "seeds=2", "training.steps=30", "training.evaluations=2")
QUICK += ("executor=inline", "minutes=1000")


def places_in_file(tested, y_tested, prepared, y):
    """Where each test sample of the run stands in the file: there, a sample has its inputs and its target."""
    same_inputs = (prepared[None] == tested[:, None]).flatten(2).all(2).numpy()
    is_same = same_inputs & np.isclose(y_tested[:, None], y[None], rtol=1e-5)
    assert is_same.any(1).all()
    return is_same.argmax(1)


def score(kind, y, predicted):
    """The accuracy of classes, and R² of numbers."""
    return (predicted == y).mean() if kind == "classification" else 1 - np.square(predicted - y).mean() / y.var()


@pytest.mark.parametrize("make", TABLES)
def test_public_table(make, tmp_path):
    table, folder = make(), tmp_path / "choice"
    mine, new = tmp_path / table.file, tmp_path / f"new-{table.file}"
    mine.write_bytes(table.write(table.frame) + table.end)
    new.write_bytes(table.write(table.frame.with_columns(pl.lit(None).alias(table.target))))
    options = (f"dataset.path={mine}", f"predict={new}", *table.options, *QUICK)
    code, _, err = choose(tmp_path, *options, target=table.target)
    assert code == 0, err

    model = sharegap.load(folder)
    preparation = model.preparation
    assert (folder / "data.txt").read_text().splitlines()[0] == " ".join(UNDERSTOOD[make.__name__].split())
    texts = preparation["texts"] or [[]] * len(preparation["inputs"])
    assert dict(zip(preparation["inputs"], texts, strict=True)) == table.inputs
    assert preparation["kind"] == table.kind

    assert model(new).write_csv() == (folder / "predictions.csv").read_text()
    stored, prepared = pl.read_csv(folder / "test_predictions.csv"), model.prepare(new)
    y = table.frame[table.target].cast(pl.Float64).to_numpy()
    tested = load_dataset(Run(json.loads(final_row(folder)["config"]))).x_test
    places = places_in_file(tested, stored[table.target].to_numpy(), prepared, y)
    predicted = model(prepared[places])["predicted"].cast(pl.Float64).to_numpy()
    np.testing.assert_allclose(stored["predicted"], predicted, rtol=1e-6)
    assert len(np.unique(predicted)) > 1
    assert score(table.kind, y[places], predicted) == pytest.approx(stored_score(folder), abs=1e-5)
