"""Packing runs into fleets."""

from collections.abc import Iterable, Sequence

from sharegap.plan.run import Run, digest

MAX_RUNS = 64
"""Per fleet: beyond that nothing is gained in speed, and memory and what an interruption costs grow."""


def pack(runs: Iterable[Run]) -> list[list[Run]]:
    """Pack runs into fleets: those of one structure together, in as few and as even fleets as possible.

    A run that occurs twice is packed once. Fleets and the runs in them keep the order of `runs`.
    """
    structures: dict[str, dict[str, Run]] = {}
    for run in runs:
        structures.setdefault(run.structure, {})[run.id] = run
    fleets = []
    for by_id in structures.values():
        members = list(by_id.values())
        count = -(-len(members) // MAX_RUNS)
        for index in range(count):
            start, end = index * len(members) // count, (index + 1) * len(members) // count
            fleets.append(members[start:end])
    return fleets


def fleet_name(fleet: Sequence[Run]) -> str:
    """A name that depends on the fleet's runs alone, so that an interrupted fleet finds its checkpoint."""
    return digest(" ".join(run.id for run in fleet))
