"""What the methods of a suite are to each other."""

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Literal

from sharegap.results.schema import MethodFacts, SuiteFacts

Family = Literal["baseline", "sharing", "regularizer", "sharing and regularizer", "control", "method"]


@dataclass(frozen=True)
class MethodRoles:
    """What methods are to each other, as their configs declare it.

    Args:
        baseline: The method that all others are compared with.
        controls: By what else may explain an effect (`start`, `parameters`, `structure`), its control.
        sharing: The methods that share weights.
        sharing_path: The methods between independent and hard sharing, by their strength on that path from 0 to
            infinity. None stands for the method that is swept: its runs have strengths of their own.
        families: The family of each method.
    """

    baseline: str
    controls: Mapping[str, str]
    sharing: Set[str]
    sharing_path: Mapping[str, float | None]
    families: Mapping[str, Family]

    @property
    def shared(self) -> str | None:
        """The method at the end of the sharing path, if the suite has it."""
        ends = [method for method, position in self.sharing_path.items() if position == math.inf]
        return ends[0] if ends else None

    def family(self, method: str) -> Family:
        """Return what kind of change to the baseline a method is."""
        return self.families[method]


def read_roles(facts: SuiteFacts) -> MethodRoles:
    """Read the roles off the stored facts of a suite. Nothing in the leaderboard depends on a method's name."""
    controls, sharing_path, families = {}, {}, {}
    for method, declared in facts["methods"].items():
        if declared["control"]:
            controls[declared["control"]] = method
        if declared["path"] == "sharing":
            sharing_path[method] = declared["path_position"]
        families[method] = _family(declared, is_baseline=method == facts["baseline"])
    sharing = {method for method, declared in facts["methods"].items() if declared["shares"]}
    return MethodRoles(facts["baseline"], controls, sharing, sharing_path, families)


def _family(declared: MethodFacts, *, is_baseline: bool) -> Family:
    if is_baseline:
        return "baseline"
    if declared["shares"] is None:
        return "method"
    # A control may share weights itself: what it is for comes first.
    if declared["control"]:
        return "control"
    if declared["combines"]:
        return "sharing and regularizer"
    return "sharing" if declared["shares"] else "regularizer"
