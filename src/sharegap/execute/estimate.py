"""How long many fleets will train, from timing a few of them."""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean

from sharegap.plan.run import Run

MAX_SHARE, NEGLIGIBLE_SECONDS, MAX_SECONDS = 0.03, 1.0, 20.0
"""What an estimate may take: a share of what it estimates or a negligible time, and never longer than the last."""

OVERHEAD_RUNS = 4
"""A step takes as long as if the fleet had this many runs more: 2 to 9 as measured, depending on the model."""


@dataclass(eq=False)
class Structure:
    """The fleets of one structure, which take equally long per unit of work.

    Args:
        example: one of these fleets.
        work: of all of them.
        rate: seconds per unit of work, once timed.
    """

    example: Sequence[Run]
    work: float = 0.0
    rate: float | None = None

    @property
    def study(self) -> str:
        """What the methods of one study have in common."""
        config = self.example[0].config
        data, training = config["dataset"], config["training"]
        return json.dumps([data["name"], data["n_train"], training["batch_size"], config["model"]["name"]])


def time_some(
    fleets: Sequence[Sequence[Run]],
    time_fleet: Callable[[Sequence[Run]], float | None],
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Time some fleets, and return by structure the seconds per unit of work, if no run stops early.

    Timing a fleet takes time, so only some are timed, mostly where most time is at stake: `seconds_of` takes fleets of
    the same study to need the same time per unit of work.

    Args:
        fleets: the fleets to train.
        time_fleet: returns the seconds that a whole fleet takes; None where it cannot be timed.
        clock: returns seconds.
    """
    structures: dict[str, Structure] = {}
    for fleet in fleets:
        structures.setdefault(fleet[0].structure, Structure(fleet)).work += work(fleet)
    draw = random.Random(0)
    # Drawn with probability proportional to work: of equals at stake, the first one is timed.
    untimed = sorted(structures.values(), key=lambda structure: draw.expovariate(structure.work))
    timed: list[Structure] = []
    start = clock()
    while untimed:
        structure = max(untimed, key=lambda candidate: _at_stake(candidate.study, untimed, timed))
        untimed.remove(structure)
        seconds = time_fleet(structure.example)
        structure.rate = None if seconds is None else seconds / work(structure.example)
        timed.append(structure)
        total = _seconds_in_all((*timed, *untimed), timed)
        seconds_with_another = (clock() - start) * (len(timed) + 1) / len(timed)
        if seconds_with_another > min(MAX_SECONDS, max(NEGLIGIBLE_SECONDS, MAX_SHARE * total)):
            break
    return {structure.example[0].structure: structure.rate for structure in timed if structure.rate is not None}


def seconds_of(fleets: Sequence[Sequence[Run]], rates: Mapping[str, float]) -> list[float]:
    """Return about how long each fleet takes: by the rate of its structure, else of its study, else of all.

    Args:
        fleets: to train.
        rates: by structure, seconds per unit of work, where one was timed.
    """
    timed = [Structure([Run(json.loads(name))], rate=rate) for name, rate in rates.items()]
    seconds = []
    for fleet in fleets:
        structure = Structure(fleet, rate=rates.get(fleet[0].structure))
        seconds.append(work(fleet) * _rate(structure, timed))
    return seconds


def announcement(
    fleets: Sequence[Sequence[Run]], seconds: float | None, now: datetime, *, to_come: int = 0, workers: int = 1
) -> str:
    """Say what is to be trained, and until when: "12 fleets, 56 runs to train: about 20 s (to about 09:20)".

    Args:
        fleets: to train.
        seconds: that they take; None where nobody knows.
        now: when they begin.
        to_come: how many runs follow them, which are taken to need the same time each.
        workers: how many processes train them.
    """
    run_count = sum(len(fleet) for fleet in fleets)
    what = f"{count(len(fleets), 'fleet')}, {count(run_count, 'run')} to train"
    what += f" by {workers} workers" if workers > 1 else ""
    if seconds is None:
        return f"{what}; then about {count(to_come, 'more run')}" if to_come else what
    what += f": about {duration(seconds)}"
    if to_come:
        seconds *= 1 + to_come / run_count
        what += f"; then about {count(to_come, 'more run')}: about {duration(seconds)} in all"
    return f"{what} (to about {clock_time(now, seconds)})"


def work(fleet: Sequence[Run]) -> float:
    """Run-steps, those of each member of an ensemble, and what a step takes beside its runs."""
    config = fleet[0].config
    return float((len(fleet) + OVERHEAD_RUNS) * config["training"]["steps"] * config["model"]["ensemble_size"])


def _at_stake(study: str, untimed: Sequence[Structure], timed: Sequence[Structure]) -> tuple[bool, float]:
    """How much a study is worth another timing: first those without any, then by seconds per timing so far."""
    timings = sum(structure.study == study for structure in timed)
    seconds = _seconds_in_all([structure for structure in untimed if structure.study == study], timed)
    return timings == 0, seconds / max(timings, 1)


def _seconds_in_all(structures: Sequence[Structure], timed: Sequence[Structure]) -> float:
    return sum(structure.work * _rate(structure, timed) for structure in structures)


def _rate(structure: Structure, timed: Sequence[Structure]) -> float:
    """The structure's own rate, else its study's, else that of all; before any timing, work itself."""
    if structure.rate is not None:
        return structure.rate
    same_study = [other for other in timed if other.study == structure.study]
    rates = [other.rate for other in same_study or timed if other.rate is not None]
    return mean(rates or [1.0])


def count(number: int, noun: str) -> str:
    """Return e.g. "1 run" or "1,200 runs"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def duration(seconds: float) -> str:
    """Return e.g. "20 s", "12 min" or "2 h 05 min"."""
    if seconds < 180:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def clock_time(now: datetime, seconds: float) -> str:
    """Return what the clock shows so many seconds from now, with the day where that is another."""
    end = now + timedelta(seconds=seconds)
    return f"{end:%H:%M}" if end.date() == now.date() else f"{end:%a %d %b %H:%M}"
