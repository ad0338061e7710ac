"""Omniglot's 20 one-shot trials (Lake, Salakhutdinov & Tenenbaum 2015): `python benchmarks/one_shot.py`.

Networks that were trained to tell whether two drawings of the background alphabets show the same character choose,
for each of 400 drawings of the evaluation alphabets, the nearest of 20 drawings of one character each. Prints the
errors beside those of two distances of the images themselves, and beside the published ones.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from omegaconf import DictConfig
from rich.console import Console
from rich.text import Text
from scipy.spatial.distance import cdist

from sharegap.commands.program import run_program
from sharegap.data.sets.one_shot import Trials, one_shot_trials, trial_pairs
from sharegap.errors import UserError, check_int
from sharegap.execute.build import build_fleet
from sharegap.execute.check import check_runs
from sharegap.execute.driver import open_driver
from sharegap.execute.hardware import trainer_options
from sharegap.plan.configs import compose_config
from sharegap.plan.run import Run
from sharegap.results.statistics import mean_interval
from sharegap.tables import TextColumn, print_table
from sharegap.tasks.verification import pair_distance
from sharegap.training.fit import fit
from sharegap.training.fleet import Fleet
from sharegap.training.stacking import vmap_runs

PUBLISHED = {
    "people": (0.045, "Lake, Salakhutdinov & Tenenbaum 2015"),
    "Bayesian program learning": (0.033, "Lake, Salakhutdinov & Tenenbaum 2015"),
    "convolutional Siamese network": (0.08, "Koch, Zemel & Salakhutdinov 2015"),
    "modified Hausdorff distance": (0.388, "the trials' repository, 105 pixels"),
}
"""Errors, and where they stand."""


def errors(distances: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """The part of the drawings whose nearest training drawing is of another character, (...).

    `distances` are (..., trials, drawings, ways), `answer` is (trials, drawings); NaN where one is not finite.
    """
    wrong = (distances.argmin(-1) != answer).mean((-2, -1))
    return np.where(np.isfinite(distances).all((-3, -2, -1)), wrong, np.nan)


def of_network(fleet: Fleet, trials: Trials, source: str, per_alphabet: int) -> np.ndarray:
    """The error of each run of a trained fleet, (runs,), at the weights that count."""
    runs, network = len(fleet.data.seeds), fleet.networks()[fleet.objectives.scored_at]
    like, distances = next(network.parameters()), []
    with torch.no_grad():
        for trial in trial_pairs(trials, source, per_alphabet):
            pairs = trial.flatten(0, 1).to(like.device, like.dtype)
            outputs = vmap_runs(network, pairs.expand(runs, *pairs.shape)).float()
            distances.append(pair_distance(outputs.flatten(0, 1)).view(runs, *trial.shape[:2]))
    return errors(torch.stack(distances, 1).cpu().numpy(), trials.answer)


def of_images(trials: Trials, apart: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """The error of a distance of two images (28, 28)."""
    distances = [
        [[apart(test, training) for training in of_trial] for test in tests]
        for tests, of_trial in zip(trials.test, trials.training, strict=True)
    ]
    return float(errors(np.array(distances), trials.answer))


def euclidean(one: np.ndarray, other: np.ndarray) -> float:
    """Over pixels."""
    return float(np.linalg.norm(one.astype(float) - other))


def hausdorff(one: np.ndarray, other: np.ndarray) -> float:
    """Modified Hausdorff distance (Dubuisson & Jain 1994) of the inked pixels, each image's about their middle."""
    between = cdist(_ink(one), _ink(other))
    return float(max(between.min(0).mean(), between.min(1).mean()))


def _ink(image: np.ndarray) -> np.ndarray:
    """Where pixels are at least half as bright as the brightest, (pixels, 2), their mean at 0."""
    places = np.argwhere(image >= image.max() / 2).astype(float)
    return places - places.mean(0)


def make_run(config: DictConfig, method: str) -> Run:
    """The method's run of seed 0; UserError where it could not be trained."""
    precision = f"trainer.precision={config.trainer.precision}"
    run = Run.of(compose_config([*config.one_shot.options, f"method={method}", precision]))
    if run.config["dataset"]["load"]["_target_"] != "sharegap.data.sets.omniglot_pairs":
        raise UserError("the trials are drawings of Omniglot: choose dataset=omniglot28_pairs or omniglot_pairs")
    check_runs([run])
    return run


def train_fleet(run: Run, config: DictConfig) -> Fleet:
    """The fleet of the run's seeds, trained."""
    fleet = build_fleet([run.with_numbers({"seed": seed}) for seed in range(config.one_shot.seeds)])
    with TemporaryDirectory() as folder:
        fit(fleet, trainer_options(config.trainer), Path(folder) / "fleet.ckpt")
    return fleet


def main(config: DictConfig) -> None:
    """Trains the runs of each method, and prints their errors beside the others."""
    seeds, console = check_int("one_shot.seeds", config.one_shot.seeds), Console()
    rows = []
    with open_driver(config):
        runs = {method: make_run(config, method) for method in ("none", *config.one_shot.methods)}
        load = runs["none"].config["dataset"]["load"]
        trials = one_shot_trials(load["source"])
        for method in config.one_shot.methods:
            console.print(f"training {method}, {seeds} seeds", highlight=False)
            found = of_network(
                train_fleet(runs[method], config), trials, load["source"], load.get("per_alphabet", 1000)
            )
            mean, low, high = mean_interval(found)
            name = f"{runs[method].config['model']['name']}, {method}"
            rows.append((name, f"{mean:.1%}", f"{low:.1%} to {high:.1%}", f"ours, mean of {seeds} seeds"))
    for name, apart in {"Euclidean distance of pixels": euclidean, "modified Hausdorff distance": hausdorff}.items():
        rows.append((name, f"{of_images(trials, apart):.1%}", "", "ours, at 28 pixels"))
    for name, (error, source) in PUBLISHED.items():
        rows.append((name, f"{error:.1%}", "", source))
    console.print("one-shot error, 20 ways within an alphabet")
    columns = []
    for heading, cells in zip(("of", "error", "95 % interval", "source"), zip(*rows, strict=True), strict=True):
        columns.append(TextColumn(heading, [Text(cell) for cell in cells]))
    print_table(columns, console)


if __name__ == "__main__":
    run_program(main, "one_shot", sys.argv[1:])
