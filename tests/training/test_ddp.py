"""Two processes on the CPU, started as a user would."""

import os
import subprocess
import sys

import polars as pl
import pytest

from tests.helpers import SMALL


@pytest.mark.parametrize("method", ["sharing=soft", "regularizer=[dropout]"])
def test_two_processes_give_the_figures_of_one(tmp_path, method):
    tables = []
    for trainer in ("cpu", "ddp"):
        out = tmp_path / trainer
        command = [sys.executable, "-m", "sharegap", *SMALL, method, f"trainer={trainer}", "logger=none", f"out={out}"]
        result = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=200
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.count("counts for this method") == 1
        tables.append(pl.read_parquet(out / "results"))
    one, two = tables
    assert one["run"].to_list() == two["run"].to_list()
    for figure in ("train_loss", "validation_loss", "test_loss", "test_score"):
        # Halves of a batch are summed apart: rounding, over 50 steps.
        assert two[f"final_{figure}"][0] == pytest.approx(one[f"final_{figure}"][0], abs=5e-3)
