"""Omniglot (Lake, Salakhutdinov & Tenenbaum 2015): characters to classify, and pairs to compare."""

from pathlib import Path

import numpy as np

from sharegap.data.cache import cached_arrays
from sharegap.data.dataset import Dataset
from sharegap.data.sets.combine import balanced_pairs_within
from sharegap.data.sets.images import image_dataset
from sharegap.data.sets.omniglot_files import DRAWERS, Drawings, read_npz28, read_zip

FILES = {
    "official": ["omniglot/images_background.zip", "omniglot/images_evaluation.zip"],
    "omniglot28": ["omniglot/omniglot28.npz"],
}
CACHE_NAMES = {"official": "omniglot", "omniglot28": "omniglot28"}
ARRAYS = (
    "background_images",
    "background_character",
    "background_alphabet",
    "evaluation_images",
    "evaluation_character",
    "evaluation_alphabet",
)
TEST_DRAWERS = 5


def omniglot(source: str = "official") -> Dataset:
    """Load the 964 characters of the background alphabets (1, 28, 28), 15 drawings of each and 5 to test.

    Test drawings are by other people: the last five drawers of each character. A split keeps all that one person
    drew of an alphabet together.

    Args:
        source: "official" for the published archives, or "omniglot28" for one file at 28 pixels.
    """
    (images, character, alphabet), _ = load_drawings(source)
    drawer = np.arange(len(images)) % DRAWERS
    is_test = drawer >= DRAWERS - TEST_DRAWERS
    images = images[:, np.newaxis]
    return image_dataset(
        images[~is_test],
        character[~is_test],
        images[is_test],
        character[is_test],
        classes=int(character.max()) + 1,
        groups=(alphabet * DRAWERS + drawer)[~is_test],
    )


def omniglot_pairs(source: str = "official", per_alphabet: int = 1000, test_per_alphabet: int = 250) -> Dataset:
    """Pair drawings (2, 1, 28, 28) of one alphabet, of the same character (1) or of two (0), half of them each.

    Training pairs are of the background alphabets, test pairs of the evaluation alphabets. A split keeps alphabets
    whole, so no character is in two of its parts.

    Args:
        source: as for `omniglot`.
        per_alphabet: training pairs of each alphabet.
        test_per_alphabet: test pairs of each alphabet.
    """
    background, evaluation = load_drawings(source)
    # Training pairs come first: `trial_pairs` draws the same ones from this seed, to standardize by them.
    rng = np.random.default_rng(0)
    x, same, alphabet = draw_pairs(background, per_alphabet, rng)
    x_test, same_test, _ = draw_pairs(evaluation, test_per_alphabet, rng)
    return image_dataset(x, same, x_test, same_test, classes=2, groups=alphabet)


def load_drawings(source: str) -> tuple[Drawings, Drawings]:
    """Load the drawings of the background and of the evaluation alphabets."""
    arrays = cached_arrays(CACHE_NAMES[source], ARRAYS, FILES[source], _parse)
    return (arrays[0], arrays[1], arrays[2]), (arrays[3], arrays[4], arrays[5])


def _parse(*paths: Path) -> list[np.ndarray]:
    """Read one file at 28 pixels, or the two official archives."""
    if len(paths) == 1:
        background, evaluation = read_npz28(*paths)
    else:
        background_path, evaluation_path = paths
        background, evaluation = read_zip(background_path), read_zip(evaluation_path)
    return [*background, *evaluation]


def draw_pairs(drawings: Drawings, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw balanced pairs of drawings of each alphabet.

    Args:
        drawings: images, characters and alphabets.
        count: pairs of each alphabet, even.
        rng: the source of chance.

    Returns:
        The pairs (samples, 2, 1, 28, 28), whether both show the same character, and their alphabets.
    """
    images, character, alphabet = drawings
    pairs, same = balanced_pairs_within(alphabet, character, count, rng)
    return images[pairs][:, :, np.newaxis], same, alphabet[pairs[:, 0]]
