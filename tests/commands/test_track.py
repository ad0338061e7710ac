"""`sharegap track` and `sharegap wandb`: what is stored is sent later, without training."""

import pytest

from sharegap.results import Store
from tests.results.conftest import row

OFFLINE = ("mode=offline", "project=later")


def sent(outcome):
    """How many runs and leaderboards a command says that it has sent."""
    assert outcome.code == 0
    return int(outcome.out.splitlines()[-1].split()[0])


def logged(folder):
    """The ids of W&B's runs in an output folder."""
    return sorted(path.stem.removeprefix("run-") for path in folder.glob("wandb/offline-run-*/*.wandb"))


def test_stored_suite_is_sent_once(command, make_suite, tmp_path):
    """The measured runs and the leaderboard; then, where that is asked for, the runs of the tuning too."""
    store = make_suite(seeds=2).store(tmp_path)
    plan, _ = store.plan("made_up")
    measured = plan.filter(phase="measure").height
    words = ["wandb", f"out={tmp_path}", "suite=made_up", *OFFLINE]
    assert [sent(command(*words)), sent(command(*words))] == [measured + 1, 0]
    assert logged(tmp_path) == sorted([*plan.filter(phase="measure")["run"], "leaderboard-made_up"])
    assert sent(command(*words, "runs=all")) == plan.height - measured
    assert logged(tmp_path) == sorted([*plan["run"], "leaderboard-made_up"])


def test_track_takes_any_logger(command, make_suite, tmp_path):
    """`sharegap wandb` is one case of it, with the same marks."""
    methods = {"none": (0.8, 0.2, [None])}
    make_suite(seeds=2, methods=methods).store(tmp_path)
    assert sent(command("track", f"out={tmp_path}", "logger=csv")) == 2
    assert len([*tmp_path.glob("csv/*/metrics.csv")]) == 2
    assert sent(command("wandb", f"out={tmp_path}", *OFFLINE)) == 3
    words = ["logger=wandb", "logger.project=later", "logger.mode=offline"]
    assert sent(command("track", f"out={tmp_path}", *words)) == 0


def test_all_suites_without_a_name(command, make_suite, tmp_path):
    """A run that two suites have is sent once."""
    for name in ("first", "second"):
        make_suite(seeds=2, methods={"none": (0.8, 0.2, [None])}).store(tmp_path, name)
    outcome = command("wandb", f"out={tmp_path}", *OFFLINE)
    assert "suite first: 2 runs are stored\nsuite second: 2 runs are stored\n" in outcome.out
    assert logged(tmp_path)[2:] == ["leaderboard-first", "leaderboard-second"]


def test_runs_without_a_suite(command, tmp_path):
    store = Store(tmp_path)
    with store.lock():
        store.append("fleet", [row("1"), row("2")])
    assert sent(command("wandb", f"out={tmp_path}", *OFFLINE)) == 2


def test_unreachable_ends_with_an_error(command, make_suite, monkeypatch, tmp_path):
    make_suite(seeds=2, methods={"none": (0.8, 0.2, [None])}).store(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    with pytest.warns(UserWarning, match="WANDB_MODE is disabled: nothing is logged to W&B"):
        assert command("wandb", f"out={tmp_path}").code == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("wandb", "out={there}", "suite=made"), "there is no stored suite in {there} 'made': did you mean made_up?"),
        (("wandb", "out={there}", "projekt=x"), "there is no option 'projekt': did you mean project?"),
        (("wandb", "out={there}", "runs=some"), "logger.runs: there is no choice 'some': there are all, chosen"),
        (("track", "out={there}", "seed=3"), "there is no option 'seed': there are logger, out, suite"),
        (
            ("track", "out={there}", "logger.projekt=x"),
            "there is no option 'logger.projekt': did you mean logger.project",
        ),
        (("track", "out={there}", "logger=wan"), "there is no logger 'wan': did you mean wandb?"),
        (("track", "out={there}/nowhere"), "there are no results in {there}/nowhere yet: run `sharegap bench` first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistake_is_one_sentence(command, make_suite, tmp_path, words, sentence):
    make_suite(seeds=2, methods={"none": (0.8, 0.2, [None])}).store(tmp_path)
    outcome = command(*(word.format(there=tmp_path) for word in words))
    assert outcome.code == 2
    assert outcome.err.startswith(f"sharegap: {sentence.format(there=tmp_path)}")
    assert outcome.err.count("\n") == 1
