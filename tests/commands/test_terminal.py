"""Terminals that cannot show every sign, that command nothing, and that are closed."""

import io
import signal
import subprocess
import sys

import pytest

from sharegap.commands.terminal import show_in_ascii

CLOSED = {
    "| head -c 0": (128 + signal.SIGPIPE, ""),
    ">/dev/full": (2, "sharegap: No space left on device: the output; make room there or choose another folder\n"),
    ">&-": (0, ""),
    "2>&-": (0, ""),
    "2>&1 | head -c 0": (128 + signal.SIGPIPE, ""),
}
TWICE = """
import os, signal, sys, time
from sharegap.signals import end_on_signals
end_on_signals()
try:
    os.kill(os.getpid(), signal.SIGHUP)
    time.sleep(60)
finally:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)  # cleaning up
"""
NAME = "=1</script>[/bold][link=http://x]\x1b[31m\r\x9b\u202e"
SUITE = f"""# Hostile.
name: hostile
seeds: 1
methods: [none]
studies:
  "{NAME.encode("unicode_escape").decode()}": [dataset=mnist1d, model=local1d]
overrides: [training.steps=4, training.evaluations=2, dataset.n_train=100, dataset.n_validation=100]
"""


def test_ascii_terminal_gets_stand_ins(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    show_in_ascii()
    print("0.7 ±0.1 ▲ — ü", flush=True)
    assert written.getvalue() == b"0.7 +-0.1 ^ - \\xfc\n"


@pytest.mark.parametrize(("redirection", "outcome"), CLOSED.items(), ids=CLOSED)
def test_closed_stream_is_no_traceback(redirection, outcome):
    line = f"set -o pipefail; {sys.executable} -m sharegap suites {redirection}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == outcome


def test_second_signal_ends_at_once():
    heeded = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"  # these tests may run under nohup
    done = subprocess.run([sys.executable, "-c", heeded + TWICE], capture_output=True, timeout=30)
    assert done.returncode == 128 + signal.SIGTERM


def test_signal_counts_where_cleaning_up_fails():
    """As in OmegaConf, whose `finally` may name what was not bound yet."""
    script = """
import os, signal
from sharegap.commands.explain import one_line_errors
from sharegap.signals import end_on_signals
end_on_signals()
with one_line_errors():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        raise KeyError("not bound")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr == "sharegap: interrupted: finished runs are stored, and the same command resumes\n"


def test_signal_in_a_destructor_is_not_lost():
    script = """
import os, signal, time
from sharegap.commands.explain import one_line_errors
from sharegap.signals import end_on_signals
end_on_signals()
class Gone:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
with one_line_errors():
    Gone()
    time.sleep(60)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr == "sharegap: interrupted: finished runs are stored, and the same command resumes\n"


def test_nohup_is_heeded():
    script = TWICE.replace("time.sleep(60)\nfinally", "print('goes on', flush=True)\nfinally")
    done = subprocess.run(["nohup", sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout == "goes on\n"
    assert done.returncode == 128 + signal.SIGTERM


def test_hostile_names_command_no_terminal(command, tmp_path):
    """From a suite's file through progress, tables and warnings; the page's own names are in its tests."""
    (tmp_path / "conf" / "suite").mkdir(parents=True)
    (tmp_path / "conf" / "suite" / "hostile.yaml").write_text(SUITE)
    options = ["suite=hostile", "--config-dir", str(tmp_path / "conf")]
    for result in (
        command("bench", *options),
        command("leaderboard"),
        command("bench", *options, f"suite.seeds={NAME}"),
    ):
        said = result.out + result.err
        assert "[/bold]" in said
        assert not [letter for letter in said if not letter.isprintable() and letter != "\n"]


@pytest.mark.parametrize("name", ["../out", "a/b", "..", ".", "", "a\\b", "a\x00b", "a\nb", "-x", "x" * 65, "con:"])
def test_suite_names_escape_no_folder(command, tmp_path, name):
    result = command("bench", f"suite.name='{name}'")
    assert result.code == 2
    assert "suite.name must be" in result.err or "cannot be read" in result.err
    assert not (tmp_path / "out" / "suites").exists()
    other = command("leaderboard", f"suite={name or 'x'}")
    assert (other.code, other.err.count("\n")) == (2, 1)
