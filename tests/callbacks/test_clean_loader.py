"""Which samples GapMonitor reads, and what it refuses."""

import pytest
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy

from sharegap.callbacks.gap_monitor import GapMonitor
from sharegap.errors import UserError
from tests.callbacks.user_training import (
    TRAIN,
    VALIDATION,
    Net,
    Stream,
    WithoutValidation,
    accuracy,
    by_hand,
    fit,
    loader,
)

ALL = list(range(50))


@pytest.fixture
def read(tmp_path):
    """Which samples of the training set are read, in ascending order."""

    def train_and_read(train, max_batches=None, **options):
        seen = []

        def predict(module, batch):
            seen.extend(batch[0][:, 0].tolist())
            return module(batch[0]), batch[1]

        given = [VALIDATION[:1]]
        monitor = GapMonitor({"a": accuracy()}, predict=predict, val_dataloader=given, max_batches=max_batches)
        fit(tmp_path, Net(), monitor, train=train, max_epochs=1, **options)
        # After the rehearsal, which ends with the validation's sample.
        indices = seen[seen.index(VALIDATION[:1][0][0, 0].item()) + 1 : -1]
        return sorted(TRAIN.tensors[0][:, 0].tolist().index(value) for value in indices)

    return train_and_read


def test_reads_what_the_training_reads(read):
    assert read(loader(shuffle=True, drop_last=True)) == ALL
    assert read(loader(sampler=SubsetRandomSampler([3, 9, 7]))) == [3, 7, 9]
    assert read(loader(sampler=RandomSampler(range(20)))) == ALL[:20]
    assert read(DataLoader(TRAIN, batch_sampler=BatchSampler(RandomSampler(TRAIN), 5, False))) == ALL
    assert read(loader(shuffle=True), limit_train_batches=2) == ALL
    assert read(loader(), limit_train_batches=2) == ALL[:16]
    assert read(loader(shuffle=True), overfit_batches=2) == ALL[:16]
    assert len(read(loader(shuffle=True), fast_dev_run=True)) == 8


def test_max_batches_are_random_and_fixed(read):
    indices = read(loader(shuffle=True), max_batches=2)
    assert indices == read(loader(), max_batches=2) != ALL[:16]
    assert len(set(indices)) == 16


def test_reads_data_sets_of_batches(read):
    assert read(DataLoader([TRAIN[:20], TRAIN[20:50]], batch_size=None)) == ALL


@pytest.mark.parametrize(
    ("train", "indices"),
    [
        (DataLoader(Stream(), batch_size=8), ALL),
        (DataLoader(TRAIN, batch_sampler=[[1, 2], [3, 4]]), [1, 2, 3, 4]),
        (loader(sampler=WeightedRandomSampler([1.0] * 3 + [0.0] * 47, 50)), [0, 1, 2]),
    ],
    ids=["stream", "batches", "weights"],
)
def test_reads_others_as_they_yield(read, train, indices):
    assert sorted(set(read(train))) == indices


def test_reads_a_custom_stream(tmp_path):
    module, stream = Net(), DataLoader(Stream(), batch_size=8)
    monitor = GapMonitor({"accuracy": accuracy()}, train_dataloader=stream)
    logged = fit(tmp_path, module, monitor, train=stream).callback_metrics
    assert logged["train_accuracy"].item() == pytest.approx(by_hand(module, TRAIN)[0])


def test_needs_a_loader_without_validation(tmp_path):
    with pytest.raises(UserError, match="pass val_dataloader="):
        fit(tmp_path, WithoutValidation(), GapMonitor({"accuracy": accuracy()}))
    module, given = WithoutValidation(), [VALIDATION[:10], VALIDATION[10:30]]
    logged = fit(tmp_path, module, GapMonitor({"accuracy": accuracy()}, val_dataloader=given)).callback_metrics
    assert logged["val_accuracy"].item() == pytest.approx(by_hand(module, VALIDATION)[0])


def test_waits_for_the_validation_loader(tmp_path):
    monitor = GapMonitor({"accuracy": accuracy()}, every_n_epochs=2)
    trainer = fit(tmp_path, Net(), monitor, check_val_every_n_epoch=2, num_sanity_val_steps=0)
    assert "gap_accuracy" in trainer.callback_metrics


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (MeanMetric(), "higher_is_better must be True or False for MeanMetric, got None"),
        (nn.Identity().forward, "higher_is_better must be True or False for metric metric, got None"),
    ],
)
def test_refuses_metrics_without_direction(metric, message):
    with pytest.raises(UserError, match=message):
        GapMonitor({"metric": metric})


def test_refuses_more_than_one_number(tmp_path):
    with pytest.raises(UserError, match="train_each must be a single number"):
        fit(tmp_path, Net(), GapMonitor({"each": MulticlassAccuracy(3, average=None)}))


def test_checks_its_counts():
    with pytest.raises(UserError, match="every_n_epochs must be an integer >= 1, got 0"):
        GapMonitor({}, every_n_epochs=0)
    with pytest.raises(UserError, match=r"max_batches must be an integer >= 1, got 0\.5"):
        GapMonitor({}, max_batches=0.5)
