import math

import pytest
import torch

from sharegap.execute.build import build_fleet
from sharegap.training.fit import fit
from tests.helpers import make_run
from tests.rows import widened


class Killed(BaseException):
    """What no handler expects, as a killed process."""


@pytest.mark.parametrize("step", [33, 40])
def test_killed_fleet_resumes(monkeypatch, tmp_path, trained, step):
    """A killed fleet resumes with the figures of an unbroken one."""
    monkeypatch.setattr("sharegap.training.fit.CHECKPOINT_SHARE", math.inf)  # one after each step
    runs = [make_run("regularizer=[dropout,early_stopping]", f"seed={seed}") for seed in range(2)]
    _, unbroken = trained(*runs)

    checkpoint, killed = tmp_path / "killed.ckpt", build_fleet(runs)

    def kill(_):
        if killed.global_step == step:
            raise Killed

    with pytest.raises(Killed):
        fit(killed, {"accelerator": "cpu"}, checkpoint, kill)
    assert checkpoint.exists()

    resumed = build_fleet(runs)
    reported: list[int] = []
    rows = [widened(row) for row in fit(resumed, {"accelerator": "cpu"}, checkpoint, reported.append)]
    assert sum(reported) == 2 * (50 - step + 1)  # a checkpoint follows the report
    for row in [*rows, *unbroken]:
        assert row.pop("train_seconds") > 0
    assert rows == unbroken


def test_checkpoint_of_a_gpu_goes_on_here(monkeypatch, tmp_path, trained):
    """On a GPU an optimizer counts its steps on the device, which torch refuses elsewhere."""
    monkeypatch.setattr("sharegap.training.fit.CHECKPOINT_SHARE", math.inf)
    runs = [make_run("optimizer.build.fused=null", "training.steps=20", "training.evaluations=2")]
    _, [unbroken] = trained(*runs)
    checkpoint, killed = tmp_path / "killed.ckpt", build_fleet(runs)

    def kill(_):
        if killed.global_step == 13:
            raise Killed

    with pytest.raises(Killed):
        fit(killed, {"accelerator": "cpu"}, checkpoint, kill)
    stored = torch.load(checkpoint, weights_only=True)
    stored["optimizer_states"][0]["param_groups"][0]["capturable"] = True
    torch.save(stored, checkpoint)
    [resumed] = fit(build_fleet(runs), {"accelerator": "cpu"}, checkpoint)
    assert widened(resumed) | {"train_seconds": 0} == unbroken | {"train_seconds": 0}
