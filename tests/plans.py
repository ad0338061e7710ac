"""Plans of suites, at their start and as if all their runs were trained."""

from functools import cache

from sharegap.plan.configs import compose_config
from sharegap.plan.suite import plan_suite

SEARCHED = ("suite=smoke", "~suite.studies.digits", "suite.trials=6", "suite.tuning_seeds=2", "suite.seeds=4")
ONE_RATE = (*SEARCHED, "suite.learning_rates=[1]")


@cache
def planned(*overrides):
    config = compose_config(overrides, name="bench")
    return plan_suite(config.suite, config.trainer.precision)


def finished(*overrides, score=lambda run: 0.5):
    """The plan of a suite whose runs have all been trained, and those before it."""
    config, scores, plans = compose_config(overrides, name="bench"), {}, []
    while not plans or plans[-1].to_come:
        plans.append(plan_suite(config.suite, config.trainer.precision, scores))
        scores |= {name: score(run) for name, run in plans[-1].runs.items()}
    return plans
