import re

from hydra.core.plugins import Plugins

from sharegap.execute import worker
from sharegap.results import Store
from sharegap.results.wide import value_of
from tests.helpers import SMALL


def test_sweep_trains_fleets(command, tmp_path):
    """The launcher packs a sweep into fleets and keeps jobs apart."""
    sweep = ["sharing=soft", "sharing.strength=0,0.01", "seed=range(3)", "-m"]
    result = command("run", *SMALL, *sweep)
    assert result.code == 0, result.err
    store = Store(tmp_path / "out")
    assert len(store.runs()) == 6
    assert len(list(store.parts.iterdir())) == 1  # one fleet
    jobs = sorted(path.parent.parent.name for path in (tmp_path / "out" / "jobs").rglob(".hydra/overrides.yaml"))
    assert jobs == ["0", "1", "2", "3", "4", "5"]
    assert "counts for this method" not in result.out  # no table for each job


def test_sweep_ends_with_a_summary(command):
    """One row per setting, once, also where all runs are stored."""
    sweep = ["sharing=soft", "sharing.strength=0,0.01", "seed=range(3)", "-m"]
    first = command("run", *SMALL, *sweep)
    assert first.code == 0, first.err
    assert first.out.startswith("2 settings, 6 runs\ndataset mnist1d, model local1d, n_train 300")
    assert re.findall(r"^(0|0\.01) +3 0\.\d+ ±0\.\d+", first.out, re.MULTILINE) == ["0", "0.01"]
    assert len(re.findall(" best ", first.out)) == 1
    assert command("run", *SMALL, *sweep).out == first.out


def test_fresh_sweep_trains_once_more(command, tmp_path, monkeypatch):
    """Each run once, though every job asks for it."""
    sweep = ["training.steps=10", "training.evaluations=2", "dataset.n_train=100", "seed=0,1", "-m"]
    assert command("run", *sweep).code == 0
    trained, real = [], worker.fit
    monkeypatch.setattr(worker, "fit", lambda fleet, *rest: trained.append(fleet.data.seeds) or real(fleet, *rest))
    assert command("run", *sweep).code == 0
    assert trained == []
    result = command("run", *sweep, "fresh=true")
    assert result.code == 0, result.err
    assert trained == [[0, 1]]
    assert len(Store(tmp_path / "out").runs()) == 2
    assert "fresh" in command("run", *sweep, "fresh=maybe").err


def test_summary_is_of_the_sweep_alone(command):
    """Other stored runs are not in it."""
    assert command("run", *SMALL, "seed=7").code == 0
    assert "1 setting, 2 runs" in command("run", *SMALL, "seed=0,1", "-m").out


def test_sweepers_get_validation_scores(command, monkeypatch, tmp_path):
    """Sweepers get each jobs validation score in order."""
    returns = []
    # Hydra loads plugins as modules of its own, so the class that it uses is the one that it lists.
    sweeper = Plugins.instance().class_name_to_class["hydra._internal.core_plugins.basic_sweeper.BasicSweeper"]
    sweep_all = sweeper.sweep

    def sweep(self, arguments):
        returns.extend(sweep_all(self, arguments)[0])

    monkeypatch.setattr(sweeper, "sweep", sweep)
    result = command("run", *SMALL, "seed=range(3)", "-m")
    assert result.code == 0, result.err
    runs = {row["run"]: row for row in Store(tmp_path / "out").runs().to_dicts()}
    assert len(returns) == 3
    assert sorted(r.return_value for r in returns) == sorted(
        value_of(row, snapshot="final", split="validation", metric="score") for row in runs.values()
    )
    assert [r.cfg.seed for r in returns] == [0, 1, 2]


def test_mistake_stops_sweep_before_training(command, tmp_path):
    """A mistake in one job stops the sweep before any training."""
    result = command("run", *SMALL, "sharing=soft", "sharing.strength=0.1,-1", "-m")
    assert result.code == 2
    assert "sharing.strength must be in [0, inf], got -1" in result.err
    assert not list(tmp_path.glob("out/results/*"))
