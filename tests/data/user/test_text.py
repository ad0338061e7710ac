import numpy as np
import pytest

from sharegap.data.dataset import split
from sharegap.data.user.text import text
from sharegap.errors import UserError
from tests.helpers import make_run

LETTERS = "aäb c"


@pytest.fixture
def file(tmp_path):
    """A text in which each character says which follows."""
    path = tmp_path / "book.txt"
    path.write_text(LETTERS * 600, encoding="utf-8")
    return path


def test_windows_and_what_follows_them(file):
    dataset = text(str(file), 7)
    order = {code: place for place, code in enumerate(sorted(LETTERS))}
    codes = np.array([order[letter] for letter in LETTERS * 600])
    assert dataset.classes == len(LETTERS)
    assert dataset.sample_shape == (7,)
    assert dataset.x[0].tolist() == codes[:7].tolist()
    assert dataset.y[0] == codes[7]
    assert dataset.x_test[0].tolist() == codes[2700:2707].tolist()
    assert "text of 3,000 characters, 5 different" in dataset.understood


def test_a_split_keeps_blocks_whole(file):
    dataset = text(str(file), 7)
    train, validation = split(dataset, 0, 300, 60)
    assert not set(dataset.groups[train]) & set(dataset.groups[validation])


def test_a_run_learns_it(file, trained):
    sizes = ["dataset.n_train=null", "dataset.n_validation=0.2", "training.steps=100"]
    _, (row,) = trained(make_run("dataset=text", f"dataset.path={file}", "model=language", "sharing=hard", *sizes))
    assert row["final_test_score"] < 1.5  # perplexity


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"too short", "has 9 characters, 6 different: it takes 400 characters for windows of 7"),
        (b"a" * 1000, "1 different"),
        (b"", "has 0 characters"),
        (b"abc\xff" * 1000, "no text in UTF-8 .byte 3."),
    ],
)
def test_refuses_what_is_no_text(tmp_path, content, sentence):
    (tmp_path / "book.txt").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        text(str(tmp_path / "book.txt"), 7)


def test_refuses_folders_and_contexts_that_are_none(tmp_path, file):
    with pytest.raises(UserError, match="is a folder"):
        text(str(tmp_path), 7)
    with pytest.raises(UserError, match="context must be an integer >= 1, got 0"):
        text(str(file), 0)
