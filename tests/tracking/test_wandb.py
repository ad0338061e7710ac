"""What W&B is told of finished runs, and what happens where it cannot be reached."""

import json
import math
import shutil
import subprocess
import sys

import polars as pl
import pytest
import wandb

from sharegap.errors import UserError
from sharegap.results.schema import RUNS
from sharegap.tracking import wandb as tracking
from tests.results.conftest import row
from tests.tracking.conftest import labels_of


def table(*rows):
    return pl.DataFrame(list(rows), schema=RUNS)


class Recorder:
    """What W&B is told."""

    def __init__(self):
        self.runs = []
        self.errors = {}  # by run, what its first logging raises

    def init(self, **options):
        if error := self.errors.pop(options["id"], None):
            raise error
        self.runs.append({"options": options, "logs": []})
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
    monkeypatch.setattr(wandb, "init", recorder.init)
    return recorder


def records_of(folder):
    """What W&B's own reader finds in the folder of an offline run, by type."""
    line = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(folder)]
    text = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    records = {}
    for record in map(json.loads, text.splitlines()):
        records.setdefault(record["type"], []).append(record[record["type"]])
    return records


def test_offline_run_is_read_back(make_runs, tmp_path):
    """Its settings, an infinite strength among them, its curve and its final figures."""
    runs = make_runs("abc", "def", strength=math.inf, final_test_score=0.75)
    labels = {"abc": [labels_of(seed=1)], "def": [labels_of(seed=2)]}
    tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs(runs, labels)
    [_, folder] = sorted((tmp_path / "wandb").glob("offline-run-*"), key=lambda path: path.name[-3:])
    records = records_of(folder)
    [run] = records["run"]
    assert (run["run_id"], run["run_group"], run["job_type"]) == (
        "def",
        "smoke: mnist1d soft, measure trial 1",
        "measure",
    )
    assert run["tags"] == ["smoke", "mnist1d", "measure"]
    config = run["config"]["update"]
    assert (config["strength"], config["seed"], config["chosen"], config["phase"]) == ("Infinity", 2, True, "measure")
    assert config["options"]["sharing"]["strength"] == "Infinity"
    assert records["history"][0]["item"]["train/loss"] == 0.5
    summary = {}
    for record in records["summary"]:
        summary |= record["update"]
    assert (summary["test_score"], summary["gap_score"], summary["unique_parameters"]) == (0.75, -0.25, 10)


def test_copied_folder_holds_the_leaderboard(tmp_path):
    """Offline runs are often synced from another machine: no file that they name may lie elsewhere."""
    table = pl.DataFrame({"method": ["none", "hard"], "delta": [None, 0.1]})
    (tmp_path / "index.html").write_text("<p>A page: λ</p>")
    tracker = tracking.WandbTracker(tmp_path / "out", "sharegap", "offline")
    tracker.log_leaderboard("smoke", table, page=tmp_path / "index.html")
    [folder] = (tmp_path / "out" / "wandb").glob("offline-run-*-leaderboard-smoke")
    copy = shutil.copytree(folder, tmp_path / "copied")
    shutil.rmtree(tmp_path / "out")
    records = records_of(copy)
    assert "artifact" not in records
    [logged] = records["history"]
    rows = json.loads((copy / "files" / logged["item"]["leaderboard.path"]).read_text())
    assert rows == {"columns": ["method", "delta"], "data": [["none", None], ["hard", 0.1]]}
    assert (copy / "files" / logged["item"]["page.path"]).read_text() == "<p>A page: λ</p>"


def test_leaderboard_is_one_run(tmp_path):
    """It is sent again where it has changed only, under the same id."""
    sent = []
    for delta in (0.1, 0.1, 0.2):
        tracker = tracking.WandbTracker(tmp_path, "sharegap", "offline")
        tracker.log_leaderboard("a:b", pl.DataFrame({"method": ["hard"], "delta": [delta]}), page=tmp_path / "none")
        sent.append(tracker.sent)
    assert sent == [1, 0, 1]
    files = {path.name for path in (tmp_path / "wandb").glob("offline-run-*/*.wandb")}
    assert files == {"run-leaderboard-a-b.wandb"}


@pytest.mark.parametrize(
    ("choice", "logged"), [("chosen", ["measured", "alone"]), ("all", ["measured", "tuned", "alone"])]
)
def test_chosen_or_all_runs_are_logged(recorder, make_runs, tmp_path, choice, logged):
    """The runs of the tuning are twice as many as those that the leaderboard shows."""
    runs, labels = (
        make_runs("measured", "tuned", "alone"),
        {"measured": [labels_of()], "tuned": [labels_of(phase="tune")]},
    )
    tracking.WandbTracker(tmp_path, "sharegap", "offline", runs=choice).log_runs(runs, labels)
    assert [run["options"]["id"] for run in recorder.runs] == logged


def test_each_project_has_marks_of_its_own(recorder, tmp_path):
    for project, entity in (("one", None), ("two", None), ("one", "team"), ("one", None)):
        tracking.WandbTracker(tmp_path, project, "offline", entity).log_runs(table(row("abc")), {})
    places = [(run["options"]["project"], run["options"]["entity"]) for run in recorder.runs]
    assert places == [("one", None), ("two", None), ("one", "team")]


def test_logged_run_is_never_logged_again(recorder, tmp_path):
    """By no later command either."""
    for rows in (["abc"], ["abc", "def"], ["def", "abc"]):
        tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs(table(*map(row, rows)), {})
    assert [run["options"]["id"] for run in recorder.runs] == ["abc", "def"]


def test_run_trained_again_is_logged_again(recorder, tmp_path):
    for seconds in (1.0, 1.25, 1.25):
        trained = table(row("abc", train_seconds=seconds))
        tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs(trained, {})
    assert [run["summary"]["train_seconds"] for run in recorder.runs] == [1.0, 1.25]


def test_unreachable_leaves_runs_unmarked(recorder, tmp_path):
    """What W&B has not got, the next command logs; what it has got, it does not."""
    runs = table(*map(row, ("abc", "def", "ghi")))
    recorder.errors["def"] = OSError("no route")
    tracker = tracking.WandbTracker(tmp_path, "sharegap", "offline")
    with pytest.warns(UserWarning, match="cannot be reached"):
        tracker.log_runs(runs, {})
    tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs(runs, {})
    assert [run["options"]["id"] for run in recorder.runs] == ["abc", "def", "ghi"]


def test_interrupted_logging_keeps_its_marks(recorder, tmp_path):
    runs = table(*map(row, ("abc", "def")))
    recorder.errors["def"] = SystemExit()
    tracker = tracking.WandbTracker(tmp_path, "sharegap", "offline")
    with pytest.raises(SystemExit):
        tracker.log_runs(runs, {})
    tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs(runs, {})
    assert [run["options"]["id"] for run in recorder.runs] == ["abc", "def"]


def test_damaged_marks_log_all_again(recorder, tmp_path):
    tracking.WandbTracker(tmp_path, "sharegap", "offline").log_runs(table(row("abc")), {})
    [marks] = (tmp_path / "logged").glob("*.parquet")
    marks.write_bytes(marks.read_bytes()[:-9])
    tracker = tracking.WandbTracker(tmp_path, "sharegap", "offline")
    with pytest.warns(UserWarning, match="all runs are logged again"):
        tracker.log_runs(table(row("abc")), {})
    tracker.log_runs(table(row("abc")), {})
    assert len(recorder.runs) == 2


def test_refused_run_does_not_silence_the_rest(recorder, tmp_path):
    """Each kind of refusal is said once; what is refused stays unmarked, for the next command."""
    runs = table(*map(row, ("abc", "def", "ghi", "jkl")))
    recorder.errors |= {run: wandb.errors.CommError(f"run {run}: invalid tag") for run in ("abc", "ghi")}
    tracker = tracking.WandbTracker(tmp_path, "sharegap", "online")
    with pytest.warns(UserWarning, match=r"W&B refuses run abc \(run abc: invalid tag\)") as warned:
        tracker.log_runs(runs, {})
    tracker.log_runs(runs, {})  # not again in this process, in which W&B holds their ids
    assert (len(warned), tracker.sent) == (1, 2)
    tracking.WandbTracker(tmp_path, "sharegap", "online").log_runs(runs, {})
    assert [run["options"]["id"] for run in recorder.runs] == ["def", "jkl", "abc", "ghi"]


@pytest.mark.parametrize("prefix", ["Timed out while retrying: HTTP 409: ", "Error initializing run: input: "])
def test_run_deleted_in_wandb_stays_deleted(recorder, tmp_path, prefix):
    """The server takes its id never again; the texts are those of W&B's client."""
    runs = table(*map(row, ("abc", "def")))
    deleted = f"{prefix}run abc was previously created and deleted; try a new run name"
    recorder.errors["abc"] = wandb.errors.CommError(deleted)
    with pytest.warns(UserWarning, match=r"W&B takes no run of an id that was deleted there .*left out for good"):
        tracking.WandbTracker(tmp_path, "sharegap", "online").log_runs(runs, {})
    tracking.WandbTracker(tmp_path, "sharegap", "online").log_runs(runs, {})
    assert [run["options"]["id"] for run in recorder.runs] == ["def"]


@pytest.mark.parametrize(
    "error",
    [
        wandb.errors.CommError("Timed out while retrying: dial tcp: connection refused"),
        OSError("no route"),
        wandb.errors.UsageError("no key"),
        ValueError("WANDB_SERVICE"),
        RuntimeError("whatever"),
    ],
)
def test_unreachable_is_one_warning_and_no_loss(monkeypatch, tmp_path, error):
    """Between two fleets as before the first."""
    calls = []

    def init(**_):
        calls.append(1)
        raise error

    monkeypatch.setattr(wandb, "init", init)
    tracker = tracking.WandbTracker(tmp_path, "sharegap", "online")
    with pytest.warns(
        UserWarning,
        match=r"W&B .* \(.*\): nothing more is logged there, and the results are in",
    ):
        tracker.log_runs(table(row("abc"), row("def")), {})
    tracker.log_runs(table(row("ghi")), {})
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("logged_in", "environment", "mode"),
    [(True, None, "online"), (False, None, "offline"), (True, "offline", "offline")],
)
def test_mode_follows_login_and_environment(monkeypatch, tmp_path, logged_in, environment, mode):
    monkeypatch.setattr(wandb, "login", lambda **_: logged_in)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if environment:
        monkeypatch.setenv("WANDB_MODE", environment)
    assert tracking.WandbTracker(tmp_path, "sharegap", None).settings.mode == mode


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("WANDB_MODE", "ofline", "WANDB_MODE is 'ofline': it must be 'online', 'offline'"),
        ("WANDB_BASE_URL", "wandb.example.com", "WANDB_BASE_URL is 'wandb.example.com': it must be a valid URL"),
        ("WANDB_API_KEY", "short", "API key must have 40"),
        ("WANDB_PROJECT", "a/b", "Invalid project name 'a/b'"),
        ("WANDB_SILENT", "maybe", "WANDB_SILENT is 'maybe': it must be a valid boolean"),
    ],
)
def test_wrong_environment_logs_nothing(monkeypatch, tmp_path, name, value, reason):
    wandb.teardown()  # it reads the environment once
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.warns(UserWarning, match=rf"W&B is not set up \(.*{reason}.*\): nothing is logged there"):
        tracker = tracking.WandbTracker(tmp_path, "sharegap", None)
    tracker.log_runs(table(row("abc")), {})  # without another word, which would be an error here
    tracker.log_leaderboard("smoke", pl.DataFrame({"method": ["none"]}), page=tmp_path / "index.html")
    assert not list(tmp_path.iterdir())


def test_disabled_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    with pytest.warns(UserWarning, match="WANDB_MODE is disabled: nothing is logged to W&B"):
        tracker = tracking.WandbTracker(tmp_path, "sharegap", None)
    tracker.log_runs(table(row("abc")), {})


def test_missing_package_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.warns(UserWarning, match=r"W&B is not set up \(wandb is not installed\)"):
        tracker = tracking.WandbTracker(tmp_path, "sharegap", None)
    tracker.log_runs(table(row("abc")), {})


@pytest.mark.parametrize("mode", ["ofline", "disabled", ""])
def test_refuses_unknown_mode(tmp_path, mode):
    with pytest.raises(UserError, match=f"logger.mode: there is no mode '{mode}': .*there are offline, online"):
        tracking.WandbTracker(tmp_path, "sharegap", mode)


def test_refuses_unknown_choice_of_runs(tmp_path):
    with pytest.raises(UserError, match=r"logger\.runs: there is no choice 'some': there are all, chosen"):
        tracking.WandbTracker(tmp_path, "sharegap", "offline", runs="some")


@pytest.mark.parametrize("project", ["a/b", "", None, 3, "x" * 129])
def test_refuses_impossible_project(tmp_path, project):
    with pytest.raises(UserError, match=r"logger\.project must be a text of 1 to 128 signs without"):
        tracking.WandbTracker(tmp_path, project, "offline")
