"""Networks in plain torch go through a suite of four methods."""

import json

import pytest
import yaml

from sharegap.results import Store
from sharegap.results.wide import value_of
from tests.models.test_module import COPIED, MODULES, NETWORKS, size

pytestmark = pytest.mark.filterwarnings("ignore:There is a performance drop")

METHODS = ["none", "hard", "soft", "dropout"]
SUITE = {"name": "networks", "seeds": 1, "trials": 1, "tuning_seeds": 1, "learning_rates": [1], "anchors": False}


@pytest.fixture
def rows(command, tmp_path):
    """The measured run of each study and method."""
    (tmp_path / "suite").mkdir()
    studies = {name.replace("-", "_"): list(given) for name, given in NETWORKS.items()}
    for given in studies.values():
        given.remove("trainer.precision=64-true")
    suite = SUITE | {"methods": METHODS, "studies": studies}
    (tmp_path / "suite" / "networks.yaml").write_text(yaml.safe_dump(suite))
    result = command("bench", "--config-dir", str(tmp_path), "suite=networks", "executor=inline")
    assert result.code == 0, result.err
    store = Store(tmp_path / "out")
    assert (store.leaderboard("networks") / "index.html").exists()
    plan, _ = store.plan("networks")
    measured = plan.filter(phase="measure").join(store.runs(), on="run")
    return {(row["study"], row["method"]): row for row in measured.to_dicts()}


def test_rows_of_five_networks_and_four_methods(rows):
    """Each has its figures, and the parameters that its method leaves."""
    assert len(rows) == len(NETWORKS) * len(METHODS)
    for network in NETWORKS:
        plain = MODULES[network]()
        shared = sum(map(size, COPIED[network](plain)[1:]))
        for method in METHODS:
            row = rows[network.replace("-", "_"), method]
            assert not row["diverged"]
            for split in ("train", "validation", "test"):
                assert value_of(row, snapshot=row["scored_at"], split=split, metric="score") is not None
            if method != "soft":  # which has a shared part beside the copies
                assert row["unique_parameters"] == size(plain) - (shared if method == "hard" else 0), (network, method)
        assert json.loads(rows[network.replace("-", "_"), "soft"]["config"])["sharing"]["strength"] > 0
