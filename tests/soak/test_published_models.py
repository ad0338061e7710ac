"""The published models of MNIST-1D, trained in full."""

import pytest

from sharegap.results import selected_runs
from sharegap.results.replication import published
from tests.test_science import scored_runs


@pytest.mark.timeout(1200)
def test_published_models(tmp_path):
    """The published training in full, and the published numbers of parameters; three seeds each."""
    runs, facts = scored_runs(tmp_path, "suite=paper_mnist1d")
    runs = selected_runs(runs)
    rows = {row["study"]: row for row in published(runs, facts).to_dicts()}
    parameters = {"cnn": 5210, "gru": 5134, "mlp": 15210, "linear": 410}
    assert {study: row["unique_parameters"] for study, row in rows.items()} == parameters
    for study, row in rows.items():
        assert runs.filter(study=study)["seed"].n_unique() == 3
        assert row["ours"] == pytest.approx(row["published"], abs=0.03), study
