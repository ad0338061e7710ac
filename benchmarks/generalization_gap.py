"""A suite and its leaderboard: `make bench SUITE=default OUT=outputs`."""

from sharegap.commands.bench import main
from sharegap.commands.cli import run_program

if __name__ == "__main__":
    run_program(main, "bench")
