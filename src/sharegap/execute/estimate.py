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


def estimate(
    fleets: Sequence[Sequence[Run]],
    remaining: Sequence[float],
    time_fleet: Callable[[Sequence[Run]], float],
    rates: Mapping[str, float],
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Estimate the seconds that each fleet takes if no run stops early.

    Timing a fleet takes time, so only some are timed, mostly where most time is at stake. Fleets of the same study
    are taken to need the same time per unit of work.

    Args:
        fleets: the fleets to train.
        remaining: the share of each one's training that is still to do, in [0, 1].
        time_fleet: returns the seconds that a whole fleet takes.
        rates: seconds per unit of work of the structures that need no timing.
        clock: returns seconds.
    """
    structures: dict[str, Structure] = {}
    for fleet, share in zip(fleets, remaining, strict=True):
        structures.setdefault(fleet[0].structure, Structure(fleet)).work += share * work(fleet)
    for name in structures.keys() & rates.keys():
        structures[name].rate = rates[name]
    draw = random.Random(0)
    unfinished = [structure for structure in structures.values() if structure.work and structure.rate is None]
    # Drawn with probability proportional to work: of equals at stake, the first one is timed.
    untimed = sorted(unfinished, key=lambda structure: draw.expovariate(structure.work))
    timed = [structure for structure in structures.values() if structure.rate is not None]
    start, known = clock(), len(timed)
    while untimed:
        structure = max(untimed, key=lambda candidate: _at_stake(candidate.study, untimed, timed))
        untimed.remove(structure)
        structure.rate = time_fleet(structure.example) / work(structure.example)
        timed.append(structure)
        total = _seconds_in_all((*timed, *untimed), timed)
        timings = len(timed) - known
        seconds_with_another = (clock() - start) * (timings + 1) / timings
        if seconds_with_another > min(MAX_SECONDS, max(NEGLIGIBLE_SECONDS, MAX_SHARE * total)):
            break
    seconds = []
    for fleet, share in zip(fleets, remaining, strict=True):
        rate = _rate(structures[fleet[0].structure], timed) if share else 0.0
        seconds.append(share * work(fleet) * rate)
    return seconds


def announcement(fleets: Sequence[Sequence[Run]], seconds: float, now: datetime, to_come: int = 0) -> str:
    """Say what is to be trained, and until when: "12 fleets, 56 runs to train: about 20 s (to about 09:20)".

    Args:
        fleets: to train.
        seconds: that they take.
        now: when they begin.
        to_come: how many runs follow them, which are taken to need the same time each.
    """
    run_count = sum(len(fleet) for fleet in fleets)
    what = f"{_count(len(fleets), 'fleet')}, {_count(run_count, 'run')} to train: about {_duration(seconds)}"
    if to_come:
        seconds *= 1 + to_come / run_count
        what += f"; then about {_count(to_come, 'more run')}: about {_duration(seconds)} in all"
    end = now + timedelta(seconds=seconds)
    clock = f"{end:%H:%M}" if end.date() == now.date() else f"{end:%a %d %b %H:%M}"
    return f"{what} (to about {clock})"


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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _duration(seconds: float) -> str:
    if seconds < 180:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
