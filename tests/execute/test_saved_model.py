"""A model on disk computes what its run computed, whatever its kind, and refuses what is none."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_objective, load_dataset
from sharegap.execute.kept import keep_results
from sharegap.execute.load import load
from sharegap.execute.saved_model import CONFIG, WEIGHTS, load_call, save_model
from sharegap.results import Store
from sharegap.testing.runs import TINY, make_run
from sharegap.training.stacking import vmap_runs
from tests.helpers import ROOT
from tests.models.test_module import NETWORKS

KINDS = {
    "positions": ["dataset=digits", "model=local2d", "sharing=soft"],
    "tied": ["dataset=digits_reconstruction", "model=autoencoder", "sharing=hard"],
    "text": ["dataset=markov_text", "model=language", "sharing=hard", "dataset.n_train=400"],
    "pairs": ["dataset=digit_pairs", "model=siamese", "sharing=low_rank"],
    "tasks": ["dataset=related_tasks", "model=per_task", "sharing=hard_permuted"],
    "ensemble": ["dataset=digits", "model=residual", "model.ensemble_size=2", "regularizer=[dropout]"],
    "best": ["dataset=digits", "model=residual", "regularizer=[early_stopping]"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_loaded_model_computes_as_its_run(kind, trained, tmp_path):
    runs = [make_run(*TINY, *KINDS[kind], f"seed={seed}") for seed in (0, 1)]
    fleet, _ = trained(*runs)
    keep_results(fleet, runs, store := Store(tmp_path), ["weights"])
    dataset = load_dataset(runs[1])
    model = load(store.model(runs[1].id))
    x = dataset.x_test[:5]
    stacked = fleet.networks()[fleet.objectives.scored_at].eval()
    inputs = x.double() if x.is_floating_point() else x
    with torch.no_grad():
        expected = vmap_runs(stacked, torch.stack([inputs, inputs]))[1]
    torch.testing.assert_close(model.outputs(x), expected)
    assert len(model(x)) == 5


@pytest.fixture
def saved(tmp_path):
    """A folder with a model of a user's classes, and its rows."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(rng.normal(size=(60, 2)), ["a", "b"]).with_columns(y=pl.Series(["no", "yes"] * 30))
    frame.write_csv(tmp_path / "mine.csv")
    run = make_run("dataset=table", f"dataset.path={tmp_path / 'mine.csv'}", "dataset.targets=[y]")
    save_model(tmp_path, run, load_dataset(run), build_objective(run).network.state_dict())
    return tmp_path, frame


def test_a_user_s_network_is_called_where_it_is_named(tmp_path):
    """What the folder calls is refused in a sentence that can be typed."""
    run = make_run(*NETWORKS["CNN"])
    save_model(tmp_path, run, load_dataset(run), build_objective(run).network.state_dict())
    call = f"sharegap.load({str(tmp_path)!r}, targets=['tests.models.user_modules.make_cnn'])"
    assert load_call(tmp_path, run.config) == call
    program = f"import sharegap, torch; model = {call}; print(model(torch.zeros(2, 1, 40)).width)"
    refused = f"import sharegap; sharegap.load({str(tmp_path)!r})"
    outputs = []
    for code in (program, refused):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
        outputs.append(done.stdout + "".join(done.stderr.splitlines()[-1:]))
    assert outputs[0] == "10\n"
    assert outputs[1].endswith(f"got tests.models.user_modules.make_cnn; if you trust the folder: {call}")


def test_classes_have_their_names_and_probabilities(saved):
    folder, frame = saved
    predicted = load(folder)(frame)
    assert predicted.columns == ["predicted", "probability of no", "probability of yes"]
    assert set(predicted["predicted"]) <= {"no", "yes"}
    np.testing.assert_allclose(predicted.drop("predicted").sum_horizontal(), 1)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (pl.DataFrame({"a": [1.0]}), "no column in the new rows 'b'"),
        (pl.DataFrame({"a": [1.0], "b": [None]}, {"a": pl.Float64, "b": pl.Float64}), "b"),
        (pl.DataFrame({"a": [1.0], "b": ["x"]}), "inputs must be numbers"),
        (np.zeros((3, 5)), r"of the shape \(samples, 2\), got \(3, 5\)"),
        ("nowhere.csv", "must be an existing file"),
    ],
)
def test_other_rows_are_refused(rows, sentence, saved):
    with pytest.raises(UserError, match=sentence):
        load(saved[0])(rows)


def test_damaged_or_foreign_models_are_refused(saved):
    folder, _ = saved
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="is damaged"):
        load(folder)
    (folder / WEIGHTS).write_bytes(content)
    facts = json.loads((folder / CONFIG).read_text())
    facts["run"]["model"]["network"]["_target_"] = "os.system"
    (folder / CONFIG).write_text(json.dumps(facts))
    with pytest.raises(UserError, match="_target_ must be in sharegap"):
        load(folder)
