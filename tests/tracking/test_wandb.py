import polars as pl
import pytest
import wandb

from sharegap.tracking import wandb as tracking
from tests.results.conftest import row

MEANING = {"suite": "smoke", "study": "mnist1d", "method": "soft", "strength": 0.1, "seed": 2}


class Recorder:
    """What W&B is told."""

    def __init__(self):
        self.runs = []

    def init(self, **about):
        self.runs.append({"about": about, "logs": []})
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_): ...

    def log(self, values, step):
        self.runs[-1]["logs"].append((step, values))

    @property
    def summary(self):
        return self.runs[-1].setdefault("summary", {})


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(tracking.wandb, "init", recorder.init)
    return recorder


def test_each_run_is_one_of_theirs(recorder, tmp_path):
    finished = row("abc", curve_step=[10, 20], best_val_test_score=None, config='{"seed": 2}')
    finished["extra_metrics"] = [{"snapshot": "final", "part": "test", "name": "ROC AUC", "value": 0.9}]
    for name in [name for name in finished if name.startswith("curve_") and name != "curve_step"]:
        finished[name] = [0.1, 0.2]
    tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs([(finished, MEANING)])
    [run] = recorder.runs
    about = run["about"]
    assert (about["id"], about["group"], about["job_type"]) == ("abc", "smoke", "soft")
    assert about["config"] == {"seed": 2}
    assert [step for step, _ in run["logs"]] == [10, 20]
    assert run["logs"][1][1]["train_loss"] == 0.2
    assert run["summary"]["final_test_score"] == 0.5
    assert run["summary"]["final test ROC AUC"] == 0.9
    assert not {"best_val_test_score", "extra_metrics", "config", "curve_step"} & run["summary"].keys()


def test_writes_real_offline_runs_and_the_leaderboard(tmp_path):
    logger = tracking.WandbTracker(tmp_path, "sharegap", "offline")
    logger.log_runs([(row("first"), {}), (row("second"), MEANING)])
    logger.log_leaderboard("smoke", pl.DataFrame({"method": ["none", "hard"], "delta": [None, 0.1]}))
    assert logger.works
    names = [path.name for path in (tmp_path / "wandb").glob("offline-run-*")]
    assert len(names) == 3
    assert sum(name.endswith(("-first", "-second")) for name in names) == 2


@pytest.mark.parametrize(
    "error", [wandb.errors.CommError("refused"), OSError("no route"), wandb.errors.UsageError("no key")]
)
def test_unreachable_is_one_warning_and_no_loss(monkeypatch, tmp_path, error):
    calls = []

    def init(**_):
        calls.append(1)
        raise error

    monkeypatch.setattr(tracking.wandb, "init", init)
    logger = tracking.WandbTracker(tmp_path, "sharegap", "online")
    with pytest.warns(UserWarning, match="W&B cannot be reached"):
        logger.log_runs([(row("abc"), {}), (row("def"), {})])
    logger.log_runs([(row("ghi"), {})])
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("logged_in", "environment", "mode"),
    [(True, None, "online"), (False, None, "offline"), (True, "offline", "offline")],
)
def test_is_offline_unless_the_user_is_logged_in_or_says_otherwise(monkeypatch, tmp_path, logged_in, environment, mode):
    monkeypatch.setattr(tracking.wandb, "login", lambda **_: logged_in)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if environment:
        monkeypatch.setenv("WANDB_MODE", environment)
    assert tracking.WandbTracker(tmp_path, "sharegap", None).settings.mode == mode
