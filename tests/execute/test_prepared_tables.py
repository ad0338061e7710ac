"""Runs on a table with texts and empty fields: each prepares it by its own training samples."""

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.execute.build import build_data, load_dataset, share_datasets, use_shared_datasets
from sharegap.execute.data_summary import keep_summaries, summarize_data
from sharegap.testing.runs import make_run

RNG = np.random.default_rng(0)
FRAME = pl.DataFrame({
    "a": [None if i % 7 == 0 else float(value) for i, value in enumerate(RNG.normal(size=80))],
    "b": RNG.choice(["red", "blue"], 80),
    "y": np.arange(80) % 2,
})  # fmt: skip


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "t.csv"
    FRAME.write_csv(path)
    yield path
    use_shared_datasets(None)


def run_of(path, *options):
    return make_run("dataset=table", f"dataset.path={path}", "dataset.targets=[y]", *options)


def test_each_run_standardizes_by_its_training_samples(path):
    runs = [run_of(path, f"seed={seed}") for seed in (0, 1, 0)]
    data, datasets = build_data(runs), [load_dataset(run) for run in runs]
    assert datasets[0] is datasets[2]
    for position, dataset in enumerate(datasets[:2]):
        x = dataset.x[data.train_indices[position] - position * len(dataset.y), 0]
        assert x.shape == (51, 4)
        torch.testing.assert_close(x.mean(0), torch.zeros(4), atol=1e-6, rtol=0)
        torch.testing.assert_close(x.std(0, correction=0), torch.ones(4))
    assert not torch.equal(datasets[0].x_test, datasets[1].x_test)


def test_processes_that_share_a_table_prepare_it_alike(path, tmp_path):
    run = run_of(path)
    expected = load_dataset(run)
    share_datasets([run], tmp_path / "shared")
    use_shared_datasets(tmp_path / "shared")
    assert torch.equal(load_dataset(run).x, expected.x)


def test_what_was_done_is_kept_once(path, tmp_path):
    summaries = summarize_data([run_of(path), run_of(path, "seed=1")])
    for _ in range(2):
        keep_summaries(tmp_path, summaries)
    keep_summaries(tmp_path, ["more"])
    first, second = (tmp_path / "data.txt").read_text().splitlines()
    assert "Texts become an input for each that occurs 3 times or more: b (2)." in first
    assert "Each run trains on 51 samples and validates on 13." in first
    assert second == "more"


def test_a_test_file_counts_by_its_content(path, tmp_path):
    other, copy = tmp_path / "other.csv", tmp_path / "copy.csv"
    FRAME.head(40).write_csv(other)
    FRAME.write_csv(copy)
    ids = {run_of(path, f"dataset.test_path={test}").id for test in (other, copy, path)}
    assert len(ids) == 2
