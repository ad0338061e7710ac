"""How fast the default suite is as it is run, against the same runs trained in other ways: `make suite-speed`.

`sharegap bench` trains a sample of the default suite in an output folder of its own, by its default executor: all
studies and five methods, with as many seeds and trials as the suite has, so that fleets are as large. By default each
run takes a quarter of its steps, with the suite's interval between evaluations. So start-up and tests, of which a fleet
has more than the others, weigh more than in the suite; `--length 1` trains all steps. The time is that of the whole
command: start-up, tuning, tests and leaderboard. The others train the same runs, which are read from that folder:

* Lightning: one run after the other, with `DataLoader`, torchmetrics and `self.log`. It evaluates on the same splits
  at the same interval, and tests in the end. Each member of an ensemble is a run of its own.
* The bare loop: the shortest PyTorch loop that does the same. It trains an ensemble as one module.

These would take hours. So one run of each study and method is timed from its first step to its test, and counted as
many times as the sample has such runs, which differ in seed, strength and learning rate only. What favours the others
does so: building data and network does not count for them, importing what they need counts once, and they measure
neither the best weights nor further metrics, as a fleet does. One process per core takes one thread's time divided by
the cores, as if processes did not disturb each other.

A method in a study is also timed apart: the fleet of its measured runs, by one thread, with building and test. That is
what one of several workers does, and compares with one thread of the others.

All of this takes turns, so that a drift of the machine's speed meets all alike. Ratios are the medians of the rounds'
ratios. The machine must do nothing else: beside another program, several threads of one process wait for each other
most of the time.
"""

import argparse
from collections.abc import Sequence
from statistics import median

from joblib import cpu_count
from rich.console import Console
from rich.text import Text

from benchmarks.scaling import ratio
from benchmarks.suite_timing import BARE, LIGHTNING, METHODS, OURS, Round, default_suite, measure, say, suite_options
from sharegap.tables import TextColumn, print_table
from sharegap.training.runtime import configure_process


def cell_columns(rounds: Sequence[Round]) -> list[TextColumn]:
    """The table of cells: each method in each study, by one thread."""
    cells = rounds[0].cells
    columns = [TextColumn("study and method", [Text(f"{cell.study} {cell.method}") for cell in cells])]

    def add(heading: str, texts: Sequence[str]) -> None:
        columns.append(TextColumn(heading, [Text(text) for text in texts], justify="right"))

    add("runs", [str(cell.count) for cell in cells])
    for way in (OURS, BARE, LIGHTNING):
        by_cell = zip(*[one.seconds[way, 1] for one in rounds], strict=True)
        add(f"s per run, {way}", [f"{median(seconds):.3f}" for seconds in by_cell])
    for way in (BARE, LIGHTNING):
        by_cell = zip(*[one.ratios(way) for one in rounds], strict=True)
        add(f"{way} / {OURS}", [ratio(ratios) for ratios in by_cell])
    trained = zip(*[[cell.train_seconds / cell.count for cell in one.cells] for one in rounds], strict=True)
    add("s per run in the suite, tests left out", [f"{median(seconds):.3f}" for seconds in trained])
    return columns


def total_columns(rounds: Sequence[Round], cores: int) -> list[TextColumn]:
    """The table of totals: all runs of the sample, in each way."""
    totals = {"sharegap bench": [one.suite for one in rounds]}
    for way in (LIGHTNING, BARE):
        totals[f"{way}, one process, threads: {cores}"] = [one.total(way, cores, 1) for one in rounds]
        totals[f"{way}, processes: {cores}, threads: 1"] = [one.total(way, 1, cores) for one in rounds]
    ratios = []
    for seconds in totals.values():
        ratios.append(ratio([other / one.suite for other, one in zip(seconds, rounds, strict=True)]))
    return [
        TextColumn("way", [Text(name) for name in totals]),
        TextColumn("s", [Text(f"{median(seconds):,.0f}") for seconds in totals.values()], justify="right"),
        TextColumn("times sharegap bench", [Text(text) for text in ["", *ratios[1:]]], justify="right"),
    ]


def least(rounds: Sequence[Round], way: str) -> str:
    """Say in which cell a fleet gains least over another way."""
    by_cell = zip(rounds[0].cells, *[one.ratios(way) for one in rounds], strict=True)
    gain, name = min((median(ratios), f"{cell.study} {cell.method}") for cell, *ratios in by_cell)
    return f"least {way} / {OURS}: {gain:.2f}, {name}"


def main(words: Sequence[str] | None = None) -> None:
    """Measure in rounds, and print both tables.

    Args:
        words: of the command line.
    """
    suite = default_suite()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds to take the median of (default: 3)")
    parser.add_argument("--studies", nargs="+", choices=suite.studies, default=list(suite.studies), metavar="STUDY")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, metavar="METHOD")
    parser.add_argument("--seeds", type=int, default=suite.seeds, help="measured runs of each method")
    parser.add_argument("--trials", type=int, default=suite.trials, help="settings that each method tries")
    parser.add_argument("--length", type=float, default=0.25, help="share of each run's steps (default: 0.25)")
    arguments = parser.parse_args(words)
    configure_process()
    options = suite_options(
        {study: list(suite.studies[study]) for study in arguments.studies},
        arguments.methods,
        seeds=arguments.seeds,
        trials=arguments.trials,
        length=arguments.length,
    )
    cores = cpu_count(only_physical_cores=True)
    rounds = []
    for turn in range(arguments.rounds):
        say(f"round {turn + 1} of {arguments.rounds}")
        rounds.append(measure(options, cores))
    console = Console()
    runs = sum(cell.count for cell in rounds[0].cells)
    console.print(f"{runs} runs, cores: {cores}; one run of each row is timed; ratios: median (least–most)")
    print_table(cell_columns(rounds), console)
    console.print(least(rounds, BARE), least(rounds, LIGHTNING), sep="\n")
    print_table(total_columns(rounds, cores), console)


if __name__ == "__main__":
    main()
