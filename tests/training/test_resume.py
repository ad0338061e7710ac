import pytest

from sharegap.execute.build import build_fleet
from sharegap.training.fit import fit
from tests.helpers import make_run
from tests.rows import widened


class Killed(BaseException):
    """What no handler expects, as a killed process."""


@pytest.mark.parametrize("step", [33, 40])
def test_killed_fleet_resumes(tmp_path, trained, step):
    """A killed fleet resumes with the figures of an unbroken one."""
    runs = [make_run("regularizer=[dropout,early_stopping]", f"seed={seed}") for seed in range(2)]
    _, unbroken = trained(*runs)

    checkpoint, killed = tmp_path / "killed.ckpt", build_fleet(runs)

    def kill(_):
        if killed.global_step == step:
            raise Killed

    with pytest.raises(Killed):
        fit(killed, {"accelerator": "cpu"}, checkpoint, kill)
    assert checkpoint.exists()

    steps = []
    resumed = build_fleet(runs)
    training_step = resumed.training_step
    resumed.training_step = lambda batch, batch_idx: (
        steps.append(resumed.global_step) or training_step(batch, batch_idx)
    )
    rows = [widened(row) for row in fit(resumed, {"accelerator": "cpu"}, checkpoint)]
    assert steps[0] == 30  # the last evaluation before the kill
    assert len(steps) == 20
    for row in [*rows, *unbroken]:
        assert row.pop("train_seconds") > 0
    assert rows == unbroken
