"""Many runs at once, from their configs."""

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from sharegap.runs.build import check
from sharegap.runs.corridor import corridor
from sharegap.runs.run import Run
from sharegap.runs.understood import tell


def finish_all(configs: Sequence[DictConfig]) -> None:
    """Trains the runs that `configs` describe, unless stored, as few fleets; all are checked before any starts."""
    places: dict[str, tuple[DictConfig, list[Run]]] = {}
    for config in configs:
        run = Run.of(config)
        check(run)
        place = OmegaConf.to_yaml(OmegaConf.masked_copy(config, ["out", "trainer", "logger"]), resolve=True)
        places.setdefault(place, (config, []))[1].append(run)
    for config, runs in places.values():
        with corridor(config) as way:
            tell(runs)
            way.complete(runs)
