"""Many runs at once, from their configs."""

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from sharegap.plan.run import Run


def run_many(configs: Sequence[DictConfig]) -> None:
    """Train the runs that `configs` describe, unless stored, in as few fleets as possible.

    Jobs may differ in their output folder, trainer and logger: each combination is a runner of its own. All options
    are checked before any training starts.
    """
    sweeps: dict[str, tuple[DictConfig, list[Run]]] = {}
    for config in configs:
        environment = OmegaConf.masked_copy(config, ["out", "trainer", "logger"])
        key = OmegaConf.to_yaml(environment, resolve=True)
        sweeps.setdefault(key, (config, []))[1].append(Run.of(config))
    from sharegap.execute.check import check_runs
    from sharegap.execute.prepare import prepare_runs
    from sharegap.execute.runner import open_runner

    if len(sweeps) > 1:  # else the runner checks what it trains
        check_runs(run for _, runs in sweeps.values() for run in runs)
    for config, runs in sweeps.values():
        with open_runner(config) as runner:
            runner.train(prepare_runs(runner.store, runs))
