"""How often a fleet is tried, whichever process tries it."""

import pytest

from sharegap.execute.attempts import LOST, AttemptsFolder


@pytest.fixture
def attempts(tmp_path):
    return AttemptsFolder(tmp_path, limit=3)


def try_often(attempts, *, error, steps_left=50):
    """Try until that is refused, and return how often it was not."""
    tried = 0
    while attempts.begin("a", "none, 1 run", steps_left):
        tried += 1
        if error:
            attempts.fail("a", error)
    return tried


@pytest.mark.parametrize(("error", "said"), [("no good", "no good"), (None, LOST)])
def test_a_fleet_is_tried_three_times(attempts, error, said):
    """Whether it raises or its worker is lost."""
    assert try_often(attempts, error=error) == 3
    assert attempts.failed()["a"].error == said


def test_other_processes_know_of_attempts(attempts, tmp_path):
    try_often(attempts, error="no good")
    other = AttemptsFolder(tmp_path, limit=3)
    assert other.failed() == attempts.failed()
    assert not other.begin("a", "none, 1 run", 50)


def test_progress_makes_attempts_anew(attempts):
    """A fleet that gets further each time is not given up."""
    for steps_left in range(50, 40, -1):
        assert attempts.begin("a", "none, 1 run", steps_left)
        attempts.fail("a", "lost a node")
    assert attempts.failed() == {}


def test_final_failure_is_not_tried_again(attempts):
    assert attempts.begin("a", "none, 1 run", 50)
    attempts.fail("a", "too large", is_final=True)
    assert attempts.failed()["a"].error == "too large"
    assert not attempts.begin("a", "none, 1 run", 50)


def test_forgotten_attempts_do_not_count(attempts):
    """As of a worker that was asked to end."""
    for _ in range(5):
        assert attempts.begin("a", "none, 1 run", 50)
        attempts.forget("a")
    assert attempts.read("a") is None


def test_failures_are_explained_somewhere(attempts, tmp_path):
    """By the fleet's log, or by those of its workers."""
    assert attempts.place("a") == tmp_path
    attempts.log("a").write_text("Traceback ...")
    assert attempts.place("a") == attempts.log("a")
    assert attempts.failed() == {}


def test_damaged_attempts_are_none(attempts, tmp_path):
    attempts.begin("a", "none, 1 run", 50)
    for content in ("", "{", "{}", '{"count": 1}'):
        (tmp_path / "a.attempts.json").write_text(content)
        assert attempts.read("a") is None
        assert attempts.failed() == {}
    assert attempts.begin("a", "none, 1 run", 50)
