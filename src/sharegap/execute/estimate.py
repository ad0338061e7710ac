"""How long fleets will take to train, before they are trained."""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean
from typing import Any

from sharegap.execute import step_timer
from sharegap.execute.build import build_fleet
from sharegap.plan.run import Run
from sharegap.training.runtime import release_memory

SHARE, NOTHING, MOST_SECONDS = 0.03, 1.0, 20.0
"""What an estimate may take: a part of what it estimates or so little that nobody minds, and never longer."""
OVERHEAD = 4
"""A step takes as long as if there were so many runs more in the fleet: 2 to 9 as measured, by the model."""


@dataclass(eq=False)
class Kind:
    """The fleets of one structure, which take equally long per unit of work."""

    example: Sequence[Run]
    work: float = 0.0
    """Of all its fleets."""
    rate: float | None = None
    """Seconds per unit of work, once timed."""

    @property
    def study(self) -> str:
        """What the methods of one study have in common."""
        config = self.example[0].config
        data, training = config["dataset"], config["training"]
        return json.dumps([data["name"], data["n_train"], training["batch_size"], config["model"]["name"]])


def estimate(
    fleets: Sequence[Sequence[Run]],
    left: Sequence[float],
    time_fleet: Callable[[Sequence[Run]], float],
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Seconds that each of `fleets` will take if no run ends early; `left` is the part of its training yet to do.

    `time_fleet` says how long a whole fleet would take, and takes its time for that. So fleets are drawn, the larger
    the likelier and most where most time is at stake; another of the same study takes the same time per unit of work.
    """
    kinds: dict[str, Kind] = {}
    for fleet, part in zip(fleets, left, strict=True):
        kinds.setdefault(fleet[0].structure, Kind(fleet)).work += part * _work(fleet)
    draw = random.Random(0)
    untimed = sorted((kind for kind in kinds.values() if kind.work), key=lambda kind: draw.expovariate(kind.work))
    timed: list[Kind] = []
    start = clock()
    while untimed:
        chosen = max(untimed, key=lambda kind: _at_stake(kind.study, untimed, timed))  # of equals the first drawn
        untimed.remove(chosen)
        chosen.rate = time_fleet(chosen.example) / _work(chosen.example)
        timed.append(chosen)
        total = sum(kind.work * _rate(kind, timed) for kind in (*timed, *untimed))
        with_another = (clock() - start) * (len(timed) + 1) / len(timed)
        if with_another > min(MOST_SECONDS, max(NOTHING, SHARE * total)):
            break
    return [
        part * _work(fleet) * _rate(kinds[fleet[0].structure], timed) if part else 0.0
        for fleet, part in zip(fleets, left, strict=True)
    ]


def time_fleet(fleet: Sequence[Run], options: Mapping[str, Any]) -> float:
    """Seconds that building and training `fleet` would take, from a few steps; `options` are the trainer's."""
    with release_memory():
        start = time.perf_counter()
        built = build_fleet(fleet)
        building = time.perf_counter() - start
        training = step_timer.estimate_seconds(built, options)
        del built
    return building + training


def announcement(fleets: Sequence[Sequence[Run]], seconds: float, now: datetime) -> str:
    """What is to be trained, and until when: "12 fleets, 56 runs to train: about 20 s (to about 09:20)"."""
    counts = [_count(len(fleets), "fleet"), _count(sum(map(len, fleets)), "run")]
    end = now + timedelta(seconds=seconds)
    clock = f"{end:%H:%M}" if end.date() == now.date() else f"{end:%a %d %b %H:%M}"
    return f"{', '.join(counts)} to train: about {_duration(seconds)} (to about {clock})"


def _work(fleet: Sequence[Run]) -> float:
    """Run-steps, those of each member of an ensemble, and what a step takes beside its runs."""
    config = fleet[0].config
    return float((len(fleet) + OVERHEAD) * config["training"]["steps"] * config["model"]["ensemble_size"])


def _at_stake(study: str, untimed: Sequence[Kind], timed: Sequence[Kind]) -> tuple[bool, float]:
    """How much a study is worth another timing: first those without any, then by what is taken from each."""
    known = sum(kind.study == study for kind in timed)
    unknown_name = sum(kind.work * _rate(kind, timed) for kind in untimed if kind.study == study)
    return not known, unknown_name / max(known, 1)


def _rate(kind: Kind, timed: Sequence[Kind]) -> float:
    """The kind's own, else its study's, else that of all; before any timing, work itself."""
    if kind.rate is not None:
        return kind.rate
    study = [other.rate for other in timed if other.rate is not None and other.study == kind.study]
    return mean(study or [other.rate for other in timed if other.rate is not None] or [1.0])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _duration(seconds: float) -> str:
    if seconds < 180:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
