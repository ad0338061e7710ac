"""Omniglot's one-shot trials: what they are, and how errors are counted."""

import re
from importlib import import_module

import numpy as np
import pytest
import torch

from benchmarks.one_shot import errors, euclidean, hausdorff, main, of_images, of_network
from sharegap.data.sets.omniglot import omniglot_pairs
from sharegap.data.sets.one_shot import Trials, one_shot_trials, trial_pairs
from sharegap.errors import UserError
from sharegap.execute.build import build_fleet
from sharegap.plan.configs import compose_config
from tests.helpers import make_run

TINY = ["dataset.n_train=100", "dataset.n_validation=20", "training.steps=4", "training.evaluations=2"]


def program(tmp_path, options):
    config = compose_config(["one_shot.seeds=2", f"out={tmp_path / 'out'}"], name="one_shot")
    config.one_shot.options = options
    main(config)


def test_errors_nearest_drawing():
    """An error is another characters drawing that is nearer."""
    distances = np.array([[[1, 2], [2, 1]], [[0, 1], [0, 1]]], float)
    answer = np.array([[0, 1], [0, 1]])
    assert errors(distances, answer) == 0.25
    assert errors(distances, 1 - answer) == 0.75
    both = np.stack([distances, np.where(distances == 2, np.nan, distances)])
    assert np.array_equal(errors(both, answer), [0.25, np.nan], equal_nan=True)


def test_shared_towers_find_the_same_drawing(small_data):
    trials = one_shot_trials("omniglot28")
    run = make_run("dataset=omniglot28_pairs", "model=siamese", "sharing=hard")
    fleet = build_fleet([run, run.with_numbers({"seed": 1})])
    assert of_network(fleet, trials, "omniglot28", 1000).tolist() == [0, 0]
    other = Trials(trials.training, trials.test, 1 - trials.answer)
    assert of_network(fleet, other, "omniglot28", 1000).tolist() == [1, 1]
    for apart in (euclidean, hausdorff):
        assert of_images(trials, apart) == 0
        assert of_images(other, apart) == 1


def test_trial_pairs_standardized_as_training(small_data):
    """Pairs of trials are standardized as those trained on."""
    trials = one_shot_trials("omniglot28")
    pairs, known = trial_pairs(trials, "omniglot28"), omniglot_pairs("omniglot28").x_test.flatten(0, 1)
    assert pairs.shape == (2, 2, 2, 2, 1, 28, 28)
    for place, answer in np.ndenumerate(trials.answer):
        drawing, right = pairs[place][answer]
        assert torch.equal(drawing, right)  # these trials show the training drawings themselves
        assert not torch.equal(drawing, pairs[place][1 - answer, 1])
        assert (known == drawing).flatten(1).all(1).any()


def test_hausdorff_distance_of_ink():
    """The hausdorff distance is that of places of ink."""
    one, moved, longer = (np.zeros((28, 28), np.uint8) for _ in range(3))
    one[3, 4:7], moved[20, 10:13], longer[3, 4:9] = 255, 200, 255
    assert hausdorff(one, moved) == 0
    assert euclidean(one, moved) > 0
    # About their middles at -1, 0, 1 and at -2, ..., 2: two of five are one pixel away.
    assert hausdorff(one, longer) == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("index", "answer", "sentence"),
    [(0, 0, "of no evaluation alphabet"), (10**6, 0, "of no evaluation alphabet"), (None, 1, "of other characters")],
)
def test_trials_that_cannot_be_are_refused(small_data, tmp_path, monkeypatch, index, answer, sentence):
    first = 20 * 10 if index is None else index
    arrays = {"train_index": [[first, first + 20]], "test_index": [[first, first + 20]], "answer": [[answer, 1]]}
    np.savez(tmp_path / "trials.npz", **arrays)
    monkeypatch.setattr(import_module("sharegap.data.sets.one_shot"), "fetch", lambda name: tmp_path / "trials.npz")
    with pytest.raises(UserError, match=sentence):
        one_shot_trials("omniglot28")


def test_program_prints_published_errors(small_data, tmp_path, capsys, monkeypatch):
    """The program prints ours beside the published errors."""
    monkeypatch.setenv("COLUMNS", "120")
    program(tmp_path, ["dataset=omniglot28_pairs", "model=siamese", *TINY])
    shown = dict(re.findall(r"^(\S.*?) +(\d+\.\d%) ", capsys.readouterr().out, re.MULTILINE))
    assert shown["siamese, hard"] == "0.0%"
    assert "siamese, none" in shown
    assert shown["people"] == "4.5%"


def test_other_data_have_no_trials(tmp_path):
    with pytest.raises(UserError, match="choose dataset=omniglot28_pairs"):
        program(tmp_path, ["dataset=digit_pairs", "model=siamese"])


def test_published_trials(shared_data):
    """The published trials are of twenty characters of one alphabet."""
    trials = one_shot_trials("omniglot28")
    assert trials.training.shape == trials.test.shape == (20, 20, 28, 28)
    assert all(sorted(answers) == list(range(20)) for answers in trials.answer)
