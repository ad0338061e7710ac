"""Two processes on the CPU, started as a user would."""

import os
import subprocess
import sys

import pytest

from sharegap.results import Store
from sharegap.results.wide import value_of
from tests.helpers import SMALL

OPTIONS = [["sharing=soft", "regularizer=[dropout]"], ["dataset=digit_pairs", "model=siamese"]]
"""The first one's noise is a buffer. DDP copies the buffers that it found at its set-up from the first process to all:
the noise, which is made after that, stays each process's own. The last one's score has a threshold that all processes
must agree on.
"""


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_two_processes_give_the_figures_of_one(tmp_path, options):
    tables = []
    for trainer in ("cpu", "ddp"):
        out = tmp_path / trainer
        command = [
            sys.executable,
            "-m",
            "sharegap",
            *SMALL,
            *options,
            f"trainer={trainer}",
            "trainer.precision=64-true",
            "logger=none",
            f"out={out}",
        ]
        result = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=200
        )
        assert result.returncode == 0, result.stderr
        assert "INFO" not in result.stderr  # nothing of what Lightning logs
        assert result.stdout.count("counts for this method") == 1
        tables.append(Store(out).runs())
    one, two = (table.row(0, named=True) for table in tables)
    assert one["run"] == two["run"]
    for split, metric in (("train", "loss"), ("validation", "loss"), ("test", "loss"), ("test", "score")):
        labels = {"snapshot": "final", "split": split, "metric": metric}
        # Halves of a batch are summed apart: rounding in double precision, over 50 steps.
        assert value_of(two, **labels) == pytest.approx(value_of(one, **labels), abs=1e-6)
