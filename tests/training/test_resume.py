import pytest
import torch
from pytorch_lightning import Callback

from sharegap.runs.build import build_fleet
from sharegap.training import train as training
from tests.helpers import make_run


class Killed(BaseException):
    """What no handler expects, as a killed process."""


class KillAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == self.step:
            raise Killed


@pytest.mark.parametrize("step", [33, 40])
def test_a_killed_fleet_resumes_with_the_figures_of_an_unbroken_one(tmp_path, trained, step):
    runs = [make_run("regularizer=[dropout,early_stopping]", f"seed={seed}") for seed in range(2)]
    _, unbroken = trained(*runs)

    checkpoint, rows = tmp_path / "killed.ckpt", []
    with pytest.raises(Killed):
        training.train(build_fleet(runs), {"accelerator": "cpu", "callbacks": [KillAt(step)]}, checkpoint, rows.extend)
    assert checkpoint.exists()
    assert not rows

    steps = []
    resumed = build_fleet(runs)
    draw = resumed.training_step
    resumed.training_step = lambda batch, i: steps.append(resumed.global_step) or draw(batch, i)
    training.train(resumed, {"accelerator": "cpu"}, checkpoint, rows.extend)
    assert steps[0] == 30  # the last evaluation before the kill
    assert len(steps) == 20
    timeless = {"train_seconds"}
    for row, reference in zip(rows, unbroken, strict=True):
        assert {k: v for k, v in row.items() if k not in timeless} == {k: v for k, v in reference.items() if k not in timeless}
    assert torch.isfinite(resumed.track.seconds)
