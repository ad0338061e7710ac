"""Starting a command in a process of its own, whose imports are done."""

import multiprocessing
import os
import signal
import sys
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from sharegap.commands.main import main
from sharegap.signals import SIGNALS, end_on_signals

PRELOADED = ["sharegap.commands.bench", "sharegap.execute.driver", "sharegap.leaderboard"]
"""What takes seconds to import: the kills should strike at work, not at imports."""


def start(words: list[str], log: Path) -> BaseProcess:
    """Start `sharegap WORDS`; what it says is added to `log`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    has_begun = context.Event()
    process = context.Process(target=_run, args=(words, log, has_begun))
    process.start()
    has_begun.wait()
    return process


def _run(words: list[str], log: Path, has_begun: Event) -> None:
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.argv = ["sharegap", *words]
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)  # which the shell may let us ignore
    end_on_signals()  # as `main` does first of all
    has_begun.set()
    main()
