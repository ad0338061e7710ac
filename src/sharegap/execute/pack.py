"""Packing runs into fleets."""

from collections.abc import Iterable, Sequence

from sharegap.plan.run import Run, digest

MOST_RUNS = 64
"""Per fleet: beyond that, nothing is gained in speed, and memory and what an interruption costs grow."""


def pack(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs as fleets, in order: those of equal structure together, in as few and even fleets as possible."""
    structures: dict[str, dict[str, Run]] = {}
    for run in runs:
        structures.setdefault(run.structure, {})[run.id] = run
    fleets = []
    for members in structures.values():
        count = -(-len(members) // MOST_RUNS)
        together = list(members.values())
        fleets += [
            together[part * len(together) // count : (part + 1) * len(together) // count] for part in range(count)
        ]
    return fleets


def fleet_name(fleet: Sequence[Run]) -> str:
    """A name that depends on the fleet's runs alone, so that an interrupted fleet finds its checkpoint."""
    return digest(" ".join(run.id for run in fleet))
