"""Many runs at once, from their configs."""

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from sharegap.commands.data_summary import describe_data
from sharegap.execute.build import check
from sharegap.execute.runner import open_runner
from sharegap.plan.run import Run


def run_many(configs: Sequence[DictConfig]) -> None:
    """Trains the runs that `configs` describe, unless stored, as few fleets; all are checked before any starts."""
    places: dict[str, tuple[DictConfig, list[Run]]] = {}
    for config in configs:
        run = Run.of(config)
        check(run)
        place = OmegaConf.to_yaml(OmegaConf.masked_copy(config, ["out", "trainer", "logger"]), resolve=True)
        places.setdefault(place, (config, []))[1].append(run)
    for config, runs in places.values():
        with open_runner(config) as runner:
            describe_data(runs)
            runner.complete(runs)
