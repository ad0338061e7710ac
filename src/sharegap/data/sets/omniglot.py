"""Omniglot (Lake, Salakhutdinov & Tenenbaum 2015): characters to classify, and pairs to compare."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.download import fetch, parsed
from sharegap.data.formats.guard import damaged, require
from sharegap.data.formats.npz import read_npz
from sharegap.data.sets.combine import all_pairs, balanced
from sharegap.data.sets.omniglot_files import DRAWERS, Drawings, read_npz28, read_zip
from sharegap.data.standardize import classification, standardized

SOURCES = {
    "official": ["omniglot/images_background.zip", "omniglot/images_evaluation.zip"],
    "omniglot28": ["omniglot/omniglot28.npz"],
}
TRIALS = "omniglot/oneshot_runs.npz"
TEST_DRAWERS = 5


@dataclass(frozen=True)
class Trials:
    """One-shot trials: given one drawing of each of some characters, which character does another drawing show?

    Args:
        training: (trials, ways, 28, 28) in uint8, ink bright: one drawing of each character.
        test: (trials, drawings, 28, 28), as `training`: those to recognize.
        answer: (trials, drawings), the place among the trial's training drawings of that which shows the same.
    """

    training: np.ndarray
    test: np.ndarray
    answer: np.ndarray


def _drawings(source: str) -> tuple[Drawings, Drawings]:
    """Of the background and of the evaluation alphabets."""
    names = [f"{part}_{of}" for part in ("background", "evaluation") for of in ("images", "character", "alphabet")]
    name = {"official": "omniglot"}.get(source, source)
    arrays = parsed(name, names, SOURCES[source], _read)
    return (arrays[0], arrays[1], arrays[2]), (arrays[3], arrays[4], arrays[5])


def _read(*paths: Path) -> list[np.ndarray]:
    parts = read_npz28(*paths) if len(paths) == 1 else map(read_zip, paths)
    return [array for part in parts for array in part]


def omniglot(source: str = "official") -> Dataset:
    """The 964 characters of the background alphabets (1, 28, 28) by their classes, 15 drawings of each.

    The five of the last drawers are to test, and a split keeps each drawer's drawings of an alphabet together: no
    hand is on both sides. `source` is "official" or "omniglot28".
    """
    (images, character, alphabet), _ = _drawings(source)
    drawer = np.arange(len(images)) % DRAWERS
    test = drawer >= DRAWERS - TEST_DRAWERS
    images = images[:, np.newaxis]
    parts = images[~test], character[~test], images[test], character[test]
    return classification(*parts, int(character.max()) + 1, groups=(alphabet * DRAWERS + drawer)[~test])


def omniglot_pairs(source: str = "official", per_alphabet: int = 1000, test_per_alphabet: int = 250) -> Dataset:
    """Pairs of drawings (2, 1, 28, 28) of one alphabet, 1 where both show the same character, else 0.

    Half of each alphabet's are the same. Training pairs are of the background alphabets, test pairs of the
    evaluation alphabets, and a split keeps alphabets whole: no character is on both sides.
    """
    background, evaluation = _drawings(source)
    rng = np.random.default_rng(0)
    pair, same, alphabet = _pairs(background, per_alphabet, rng)
    pair_test, same_test, _ = _pairs(evaluation, test_per_alphabet, rng)
    return classification(pair, same, pair_test, same_test, classes=2, groups=alphabet)


def _pairs(drawings: Drawings, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`count` pairs of each alphabet, (samples, 2, 1, 28, 28), whether both show the same, and their alphabets."""
    images, character, alphabet = drawings
    pairs = []
    for of in np.unique(alphabet):
        members = np.flatnonzero(alphabet == of)
        pairs.append(balanced(members[all_pairs(len(members))], character, count, rng))
    pair = np.concatenate(pairs)
    same = character[pair[:, 0]] == character[pair[:, 1]]
    return images[pair][:, :, np.newaxis], same, alphabet[pair[:, 0]]


def one_shot_trials(source: str = "official") -> Trials:
    """The 20 published trials, each of 20 characters of one evaluation alphabet, and 20 drawings to recognize.

    `omniglot/oneshot_runs.npz` holds `train_index`, `test_index` and `answer`, all (trials, drawings); an index counts
    the drawings of the background alphabets, then those of the evaluation alphabets.
    """
    background, (images, character, _) = _drawings(source)
    path = fetch(TRIALS)
    arrays, _ = read_npz(path, ["train_index", "test_index", "answer"])
    with damaged(path):
        require(len(arrays) == 3, f"it holds only {sorted(arrays)} of what it must hold")
        require(all(array.dtype.kind in "iu" and array.ndim == 2 for array in arrays.values()), "its arrays are others")
        training, test = (arrays[name].astype(int) - len(background[0]) for name in ("train_index", "test_index"))
        answer = arrays["answer"].astype(int)
        there = min(training.min(), test.min()) >= 0 and max(training.max(), test.max()) < len(images)
        require(there, "it names drawings that are of no evaluation alphabet")
        right = np.take_along_axis(character[training], answer, axis=1) == character[test]
        require(bool(right.all()), "its answers are of other characters")
    return Trials(images[training], images[test], answer)


def trial_pairs(trials: Trials, source: str = "official", per_alphabet: int = 1000) -> Tensor:
    """Each test drawing with each training drawing of its trial: (trials, drawings, ways, 2, 1, 28, 28).

    Standardized as the samples of `omniglot_pairs(source, per_alphabet)` are.
    """
    background, _ = _drawings(source)
    trained_on, _, _ = _pairs(background, per_alphabet, np.random.default_rng(0))
    both = np.broadcast_arrays(trials.test[:, :, np.newaxis], trials.training[:, np.newaxis])
    return standardized(trained_on, np.stack(both, axis=3)[:, :, :, :, np.newaxis])[1]
