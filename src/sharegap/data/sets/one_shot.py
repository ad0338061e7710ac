"""Omniglot's one-shot trials (Lake, Salakhutdinov & Tenenbaum 2015)."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sharegap.data.download import fetch
from sharegap.data.formats.guard import check, reading
from sharegap.data.formats.npz import read_npz
from sharegap.data.sets.omniglot import draw_pairs, load_drawings
from sharegap.data.standardize import standardize

TRIALS = "omniglot/oneshot_runs.npz"


@dataclass(frozen=True)
class Trials:
    """One-shot trials: given one drawing of each of some characters, which of them does another drawing show?

    Args:
        training: (trials, ways, 28, 28) in uint8, ink bright: one drawing of each character.
        test: (trials, drawings, 28, 28), as `training`: the drawings to recognize.
        answer: (trials, drawings), the index of the training drawing of the same character.
    """

    training: np.ndarray
    test: np.ndarray
    answer: np.ndarray


def one_shot_trials(source: str = "official") -> Trials:
    """Load the 20 published trials, each of 20 characters of one evaluation alphabet and 20 drawings to recognize.

    `omniglot/oneshot_runs.npz` holds `train_index`, `test_index` and `answer`, all (trials, drawings). An index counts
    the drawings of the background alphabets, then those of the evaluation alphabets.

    Args:
        source: as for `omniglot`.

    Raises:
        UserError: if the trials do not fit the drawings.
    """
    background, (images, character, _) = load_drawings(source)
    path = fetch(TRIALS)
    arrays, _ = read_npz(path, ["train_index", "test_index", "answer"])
    with reading(path):
        check(len(arrays) == 3, f"it must hold train_index, test_index and answer, and holds {sorted(arrays)}")
        for name, array in arrays.items():
            check(array.dtype.kind in "iu" and array.ndim == 2, f"its {name} is no table of integers")
        training = arrays["train_index"].astype(int) - len(background[0])
        test = arrays["test_index"].astype(int) - len(background[0])
        answer = arrays["answer"].astype(int)
        for index in (training, test):
            check(
                bool(index.min() >= 0 and index.max() < len(images)),
                "it has drawings that are of no evaluation alphabet",
            )
        is_right = np.take_along_axis(character[training], answer, axis=1) == character[test]
        check(bool(is_right.all()), "its answers are of other characters")
    return Trials(images[training], images[test], answer)


def trial_pairs(trials: Trials, source: str = "official", per_alphabet: int = 1000) -> Tensor:
    """Pair each test drawing with each training drawing of its trial.

    Args:
        trials: the drawings.
        source: as for `omniglot_pairs`, whose training pairs standardize these.
        per_alphabet: as for `omniglot_pairs`.

    Returns:
        Standardized pairs (trials, drawings, ways, 2, 1, 28, 28).
    """
    background, _ = load_drawings(source)
    training_pairs, _, _ = draw_pairs(background, per_alphabet, np.random.default_rng(0))
    # Views of both, so that only the stacked pairs take memory.
    both = np.broadcast_arrays(trials.test[:, :, np.newaxis], trials.training[:, np.newaxis])
    return standardize(training_pairs, np.stack(both, axis=3)[:, :, :, :, np.newaxis])[1]
