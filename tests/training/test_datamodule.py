"""Whose samples the runs of a fleet have."""

from types import SimpleNamespace

import pytest
import torch

from sharegap.execute.build import build_data, load_dataset
from sharegap.training.datamodule import EVALUATION_SAMPLES, EvaluationBatches
from tests.helpers import make_run

REDRAWN = [make_run("dataset.redraw=true", f"seed={seed}") for seed in (4, 5, 4)]


def test_redrawn_runs_have_own_samples():
    """Side by side each run has the samples of its own draw and split, as it has them alone."""
    together = build_data(REDRAWN)
    assert len(together.draws) == 2  # the same seed, the same data
    pool, test = together._join("x"), together._join("x_test")
    for place, run in enumerate(REDRAWN):
        alone, dataset = build_data([run]), load_dataset(run)
        for part in ("train_indices", "validation_indices"):
            mine = pool[getattr(together, part)[place]]
            assert torch.equal(mine, dataset.x[getattr(alone, part)[0]])
        assert torch.equal(test[together.test_indices[place]], dataset.x_test)


def test_published_data_are_shared():
    runs = [make_run(f"seed={seed}") for seed in range(3)]
    data = build_data(runs)
    assert data._join("x").data_ptr() == load_dataset(runs[0]).x.data_ptr()
    assert data.test_indices.shape == (1, len(data.dataset.y_test))


@pytest.mark.parametrize("name", ["mnist1d", "markov_text", "related_tasks", "dsd"])
def test_redraws_differ_by_seed(name):
    runs = [make_run(f"dataset={name}", "dataset.redraw=true", f"seed={seed}") for seed in range(2)]
    published = make_run(f"dataset={name}")
    first, second = (load_dataset(run) for run in runs)
    for other in (second, load_dataset(published)):
        assert first.x.shape == other.x.shape
        assert first.y_test.shape == other.y_test.shape
        assert not torch.equal(first.x, other.x)
        assert not torch.equal(first.x_test, other.x_test)
        assert first.entropy == other.entropy  # the task is the same for all
    assert torch.equal(load_dataset(runs[0].with_numbers({"optimizer.lr": 0.5})).x, first.x)


def test_evaluation_batches_cover_each_run():
    x = torch.arange(12.0)
    batches = EvaluationBatches((x, x.long()), torch.arange(12).view(2, 6), 2, slice(None))
    assert torch.equal(torch.cat([batch for batch, _ in batches], 1), x.view(2, 6))


@pytest.mark.parametrize(("device", "batch"), [("cpu", 1000), ("cuda", 8000), ("mps", 1000)])
def test_a_gpu_evaluates_more_samples_at_once(device, batch):
    samples = SimpleNamespace(device=torch.device(device))
    batches = EvaluationBatches((samples, torch.zeros(9000)), torch.arange(9000).view(1, -1), 8, slice(None))
    assert batches.batch_size == batch
    assert len(batches) == -(-9000 // batch)


def test_a_block_of_text_counts_as_many_samples():
    """Else the tensors of a transformer do not fit a processor's cache, and evaluations take twice as long."""
    x = torch.arange(500 * 64).view(500, 64)
    batches = [x for x, _ in EvaluationBatches((x, x), torch.arange(500).view(1, -1), 3, slice(None))]
    assert max(batch.numel() for batch in batches) <= EVALUATION_SAMPLES["cpu"]
    assert torch.equal(torch.cat(batches, 1), x.expand(3, -1, -1))
