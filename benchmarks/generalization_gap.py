"""A suite and its leaderboard, as `sharegap bench`: `python benchmarks/generalization_gap.py suite=default`."""

import sys

from sharegap.commands.main import main

if __name__ == "__main__":
    main(["bench", *sys.argv[1:]])
