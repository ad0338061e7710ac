"""Starting a command in a process of its own, whose imports are done."""

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from sharegap.commands.main import main

PRELOADED = ["sharegap.commands.bench", "sharegap.execute.prepare", "sharegap.execute.runner", "sharegap.leaderboard"]
"""What takes seconds to import: the kills should strike at work, not at imports."""


def start(words: list[str], log: Path) -> BaseProcess:
    """Start `sharegap WORDS`; what it says is added to `log`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=_run, args=(words, log))
    process.start()
    return process


def _run(words: list[str], log: Path) -> None:
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.argv = ["sharegap", *words]
    main()
