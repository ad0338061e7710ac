"""Finished runs in the loggers of Lightning, read back as their own tools read them."""

import csv
import math
import sys
from functools import partial

import pytest
import yaml
from omegaconf import OmegaConf
from pytorch_lightning.loggers import CSVLogger

from sharegap.errors import UserError
from sharegap.plan.configs import compose_config
from sharegap.plan.targets import instantiate
from sharegap.tracking.lightning import LightningTracker
from tests.tracking.conftest import labels_of

LABELS = {"abc": [labels_of()]}
CURVE = {"curve_step": [10, 20], "curve_train_loss": [0.5, 0.25]}


@pytest.fixture
def make_tracker(tmp_path):
    """The tracker of `logger=NAME`, as a command makes it; a package that is missing skips the test."""

    def make(name, *options):
        config = compose_config([f"logger={name}", f"out={tmp_path}", *options]).logger
        if package := OmegaConf.select(config, "package"):
            pytest.importorskip(package)
        return instantiate(config, folder=tmp_path)

    return make


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_csv_holds_settings_curve_and_figures(make_runs, make_tracker, tmp_path):
    make_tracker("csv").log_runs(make_runs("abc", strength=math.inf, **CURVE), LABELS)
    settings = yaml.safe_load((tmp_path / "csv" / "abc" / "hparams.yaml").read_text())
    assert (settings["study"], settings["seed"], settings["strength"]) == ("mnist1d", 2, math.inf)
    assert settings["options"]["sharing"]["strength"] == math.inf
    first, second, last = rows_of(tmp_path / "csv" / "abc" / "metrics.csv")
    assert [(row["step"], row["train/loss"]) for row in (first, second)] == [("10", "0.5"), ("20", "0.25")]
    assert (last["step"], last["test_score"], last["unique_parameters"]) == ("20", "0.5", "10")


def test_tensorboard_holds_settings_curve_and_figures(make_runs, make_tracker, tmp_path):
    tracker = make_tracker("tensorboard")
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tracker.log_runs(make_runs("abc", strength=math.inf, **CURVE), LABELS)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard" / "abc")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("train/loss")] == [(10, 0.5), (20, 0.25)]
    assert events.Scalars("test_score")[-1].value == 0.5
    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    assert b"options/sharing/strength" in content
    assert b"mnist1d" in content


@pytest.mark.filterwarnings("ignore:::mlflow")  # deprecations inside MLflow are not ours to mend
def test_mlflow_holds_settings_curve_and_figures(make_runs, make_tracker, tmp_path):
    tracker = make_tracker("mlflow")
    client = pytest.importorskip("mlflow").MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    runs = make_runs("abc", "def", strength=math.inf, **CURVE)
    tracker.log_runs(runs, {run: [labels_of(seed=seed)] for seed, run in enumerate(runs["run"])})
    experiment = client.get_experiment_by_name("sharegap")
    [found] = client.search_runs([experiment.experiment_id], "params.method = 'soft' and params.seed = '1'")
    assert (found.info.run_name, found.info.status) == ("mnist1d soft, measure trial 1, seed 1", "FINISHED")
    assert (found.data.params["strength"], found.data.params["options/sharing/strength"]) == ("inf", "inf")
    assert (found.data.metrics["test_score"], found.data.metrics["gap_loss"]) == (0.5, 0.0)
    history = client.get_metric_history(found.info.run_id, "train/loss")
    assert [(point.step, point.value) for point in history] == [(10, 0.5), (20, 0.25)]
    make_tracker("mlflow").log_runs(runs, {})
    assert len(client.search_runs([experiment.experiment_id])) == 2


def test_each_run_is_sent_once(make_runs, make_tracker):
    """By no later command either, unless it was trained again; another logger has marks of its own."""
    sent = []
    for runs in (make_runs("abc"), make_runs("abc", "def"), make_runs("abc", train_seconds=2.0)):
        tracker = make_tracker("csv")
        tracker.log_runs(runs, {})
        sent.append(tracker.sent)
    assert sent == [1, 1, 1]


class Broken(CSVLogger):
    """A logger whose program is out of reach."""

    def log_metrics(self, metrics, step=None):
        raise OSError("no route\nto host")


def test_failing_logger_is_one_warning(make_runs, tmp_path):
    """Runs that it has not got are sent by the next command."""
    tracker = LightningTracker(tmp_path, partial(Broken, tmp_path))
    with pytest.warns(UserWarning, match=r"Broken fails \(no route to host\): nothing more is logged there") as warned:
        tracker.log_runs(make_runs("abc", "def"), {})
    tracker.log_runs(make_runs("ghi"), {})  # without another word, which would be an error here
    assert (len(warned), tracker.sent) == (1, 0)


def test_missing_package_is_one_sentence(command, monkeypatch):
    """Before anything is trained."""
    monkeypatch.setitem(sys.modules, "mlflow", None)
    outcome = command("run", "logger=mlflow")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "sharegap: this logger needs mlflow, which is not installed: pip install mlflow\n"


def test_logger_of_one_s_own(command):
    """Any class of Lightning's interface, by its name."""
    words = ["dataset=mnist1d", "training.steps=4", "training.evaluations=2", "logger=csv"]
    target = "logger.logger._target_=tests.tracking.test_lightning.Broken"
    with pytest.warns(UserWarning, match=r"Broken fails \(no route to host\)"):
        assert command("run", *words, target).code == 0


def test_logger_must_be_partial(tmp_path):
    with pytest.raises(UserError, match=r"logger\.logger must have _partial_: true"):
        LightningTracker(tmp_path, CSVLogger(tmp_path))
