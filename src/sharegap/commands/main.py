"""`sharegap COMMAND ...`: finds the command and starts it."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from sharegap.commands.explain import one_line_errors
from sharegap.commands.terminal import open_closed_streams, show_in_ascii
from sharegap.errors import unknown_name
from sharegap.signals import end_on_signals

COMMANDS = {
    "run": "train one run, or many with -m",
    "bench": "train a suite and write its leaderboard",
    "leaderboard": "write the leaderboard of stored runs, without training",
    "status": "say what is done, running and failed, and how long the rest takes",
    "work": "help the command that trains in a folder, from another terminal or host",
    "track": "send what is stored to W&B, MLflow or another logger, without training",
    "wandb": "the same, to W&B: its options are project, entity, mode and runs",
    "methods": "list the methods",
    "datasets": "list the data sets",
    "models": "list the models",
    "suites": "list the suites",
}
LISTS = ("methods", "datasets", "models", "suites")
PLAIN_COMMANDS = {
    "leaderboard": "[out=FOLDER] [suite=NAME] [against=FOLDER] [table=FILE] [baseline=METHOD] [score_name=NAME] "
    "[higher_is_better=true|false]",
    "status": "[out=FOLDER]",
    "work": "[out=FOLDER]",
    "track": "[out=FOLDER] [suite=NAME] [logger=NAME] [logger.OPTION=VALUE] [--config-dir FOLDER]",
    "wandb": "[out=FOLDER] [suite=NAME] [project=NAME] [entity=TEAM] [mode=online|offline] [runs=chosen|all]",
}
PLAIN_COMMANDS |= dict.fromkeys(LISTS, "[--config-dir FOLDER]")
"""Those that are no Hydra programs, with the options that they have."""
HELP = """\
sharegap: how much of the generalization gap does sharing parameters close?

usage: sharegap COMMAND [option=value ...]

{commands}

examples:
  sharegap bench suite=smoke                        a leaderboard in half a minute
  sharegap run dataset=mnist1d sharing=hard         one run
  sharegap run sharing=soft sharing.strength=0.001,0.1 'seed=range(3)' -m
                                                    six runs, and a summary
  sharegap leaderboard out=outputs                  what is stored
  sharegap leaderboard out=outputs against=older    what changed, and by more than chance
  sharegap leaderboard table=scores.csv             finished scores of any program

`sharegap run --help` and `sharegap bench --help` list their options.
Tab completion: eval "$(sharegap -sc install=bash)"
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Start what the words of a command line ask for; a first word that is an option means `run`.

    Args:
        arguments: the words; None for those of this process.
    """
    end_on_signals()
    open_closed_streams()
    show_in_ascii()
    with one_line_errors():
        _dispatch(sys.argv[1:] if arguments is None else arguments)


def _dispatch(arguments: Sequence[str]) -> None:
    """Start the command that the words name."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        commands = "\n".join(f"  {name:<13}{description}" for name, description in COMMANDS.items())
        print(HELP.format(commands=commands), end="")
    elif arguments[0] in PLAIN_COMMANDS and {"-h", "--help"} & set(arguments):
        command = f"sharegap {arguments[0]}"
        print(f"{command}: {COMMANDS[arguments[0]]}\n\nusage: {command} {PLAIN_COMMANDS[arguments[0]]}")
    elif arguments[0] == "--version":
        print(f"sharegap {version('sharegap')}")
    elif "query=bash" in arguments and "COMP_LINE" in os.environ:
        _complete(arguments)
    elif "=" in arguments[0] or arguments[0].startswith("-"):
        _start("run", arguments)
    else:
        _start(arguments[0], arguments[1:])


def _start(command: str, arguments: Sequence[str]) -> None:
    sys.path.append(str(Path.cwd()))  # as with `python -m sharegap`: a user's own modules may lie here
    if command not in COMMANDS:
        raise unknown_name("command", command, COMMANDS)
    if command in LISTS:
        from sharegap.commands import lists

        lists.start(command.removesuffix("s"), arguments)
    else:  # each needs packages of its own, and torch takes seconds
        import_module(f"sharegap.commands.{command}").start(arguments)


def _complete(arguments: Sequence[str]) -> None:
    """Print what the last word of `COMP_LINE` may become: a command, or what Hydra knows of the command's options."""
    line = os.environ["COMP_LINE"]
    _program, *words = line.split()
    first = words[0] if words else ""
    if "=" in first:
        _start("run", arguments)
    elif len(words) < 2 and not (first and line.endswith(" ")):
        print(" ".join(COMMANDS))
    elif first in ("run", "bench"):
        os.environ["COMP_LINE"] = line.replace(f" {first} ", " ", 1)
        _start(first, arguments)
