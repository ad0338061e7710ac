"""The examples of docs/measuring.md run, and measure what the page says."""

import re

import pytest
import torch
import torch.nn.functional as F

from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "measuring.md").read_text()
CALLBACK, STEP, METRIC = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """What an example defines."""

    def example(code):
        monkeypatch.chdir(tmp_path)
        torch.manual_seed(0)
        space = {}
        exec(code, space)
        return space

    return example


def test_callback_measures_and_stops(run):
    space = run(CALLBACK)
    trainer, net = space["trainer"], space["trainer"].lightning_module.net.eval()
    logged = {name: value.item() for name, value in trainer.callback_metrics.items()}
    assert trainer.current_epoch < 20
    with torch.no_grad():
        train, validation = (F.cross_entropy(net(x), y).item() for x, y in halves(space))
    assert logged["train_nats"] == pytest.approx(train)
    assert logged["gap_nats"] == pytest.approx(validation - train) == logged["val_nats"] - logged["train_nats"] > 0
    assert logged["gap_accuracy"] == pytest.approx(logged["train_accuracy"] - logged["val_accuracy"])
    assert logged["gap_accuracy"] > 0


def halves(space):
    return [(space["x"][half], space["y"][half]) for half in (slice(200), slice(200, None))]


def test_validation_step_is_compared(run):
    short = CALLBACK.replace("max_epochs=20", "max_epochs=1")
    space = run(short + STEP)
    net = space["trainer"].lightning_module.net.eval()
    with torch.no_grad():
        train, validation = (F.cross_entropy(net(x), y).item() for x, y in halves(space))
    assert space["trainer"].callback_metrics["gap_loss"].item() == pytest.approx(validation - train)


def test_table_names_tests():
    names = re.findall(r"`(test_\w+)`", PAGE)
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "callbacks").glob("test_*.py"))
    assert names
    assert [name for name in names if f"def {name}(" not in tests] == []


def test_metric_measures(run):
    space = run(METRIC)
    for split, batches in space["batches"].items():
        x, y = (torch.cat(tensors) for tensors in zip(*batches, strict=True))
        outputs = space["model"](x).argmax(1)
        by_class = torch.stack([(outputs[y == label] == label).float().mean() for label in range(3)])
        torch.testing.assert_close(space["result"][split], by_class.mean())
    assert space["result"]["gap"] == space["result"]["train"] - space["result"]["test"]
