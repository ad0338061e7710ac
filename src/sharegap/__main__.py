"""`python -m sharegap`: one run, or with -m many."""

from sharegap.commands.cli import run_program
from sharegap.commands.run import main

if __name__ == "__main__":
    run_program(main, "config")
