"""A suite and its leaderboard, as `sharegap bench`: `python benchmarks/generalization_gap.py suite=default`."""

import sys

from sharegap.commands.bench import start

if __name__ == "__main__":
    start(sys.argv[1:])
