"""What the options of a run may be."""

import subprocess
import sys

import pytest

from sharegap.errors import UserError
from tests.helpers import make_run

MISTAKES = {
    "training.steps=0": "training.steps must be an integer >= 1, got 0",
    "training.batch_size=2.5": r"training.batch_size must be an integer >= 1, got 2\.5",
    "training.evaluations=7": "training.steps must be a multiple of training.evaluations=7, got 50",
    "optimizer.lr=0": "optimizer.lr must be a finite number > 0, got 0",
    "optimizer.lr=inf": "optimizer.lr must be a finite number > 0, got inf",
    "seed=-1": "seed must be an integer >= 0, got -1",
    "seed=1.5": r"seed must be an integer >= 0, got 1\.5",
    "model.ensemble_size=many": "model.ensemble_size must be an integer >= 1, got 'many'",
    "sharing.strength=lots": "sharing.strength must be a number, got 'lots'",
    "sharing.strength=-1": r"sharing\.strength must be in \[0, inf\], got -1",
    "regularizer.dropout.strength=1": r"regularizer\.dropout\.strength must be in \[0, 1\), got 1",
}


@pytest.mark.parametrize(("override", "sentence"), MISTAKES.items(), ids=list(MISTAKES))
def test_refuses_options_out_of_range(override, sentence):
    with pytest.raises(UserError, match=sentence):
        make_run("sharing=soft", "regularizer=[dropout]", override)


def test_refusing_options_loads_no_torch():
    script = (
        "import sys; import sharegap.plan.suite, sharegap.commands.run, sharegap.commands.bench;"
        "assert not {'torch', 'pytorch_lightning', 'scipy', 'wandb'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
