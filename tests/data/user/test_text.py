import gzip

import numpy as np
import pytest
import torch

from sharegap.data.split import split
from sharegap.data.user.text import text
from sharegap.errors import UserError
from tests.data.user.files import zipped
from tests.helpers import make_run

LETTERS = "aäb c"


@pytest.fixture
def file(tmp_path):
    """A text in which each character says which follows."""
    path = tmp_path / "book.txt"
    path.write_text(LETTERS * 600, encoding="utf-8")
    return path


def test_windows_and_next_characters(file):
    dataset = text(str(file), 7)
    order = {code: place for place, code in enumerate(sorted(LETTERS))}
    codes = np.array([order[letter] for letter in LETTERS * 600])
    assert dataset.classes == len(LETTERS)
    assert dataset.sample_shape == (7,)
    assert dataset.x[0].tolist() == codes[:7].tolist()
    assert dataset.y[0] == codes[7]
    assert dataset.x_test[0].tolist() == codes[2700:2707].tolist()
    assert "text of 3,000 characters, 5 different" in dataset.description


def test_split_keeps_blocks_whole(file):
    dataset = text(str(file), 7)
    train, validation = split(dataset, 0, 300, 60)
    assert not set(dataset.groups[train]) & set(dataset.groups[validation])


def test_run_learns_text(file, trained):
    sizes = ["dataset.n_train=null", "dataset.n_validation=0.2", "training.steps=100"]
    _, (row,) = trained(make_run("dataset=text", f"dataset.path={file}", "model=language", "sharing=hard", *sizes))
    assert row["final_test_score"] < 1.5  # perplexity


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"too short", "must have at least 400 characters for windows of 7, and 2 different ones, got 9 and 6"),
        (b"a" * 1000, "got 1,000 and 1"),
        (b"", "got 0 and 0"),
        (bytes(1000), "must be text, got zero bytes: save it as plain text in UTF-8"),
        (b"%PDF" * 1000, "must be a text, got a PDF: save it as plain text"),
        ("abc".encode("utf-16") * 1000 + b"a", "cannot be read as a text .*truncated data"),
    ],
)
def test_bad_text_is_refused(tmp_path, content, sentence):
    (tmp_path / "book.txt").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        text(str(tmp_path / "book.txt"), 7)


def test_bad_path_and_context_are_refused(tmp_path, file):
    with pytest.raises(UserError, match="must be a text file, got the folder"):
        text(str(tmp_path), 7)
    with pytest.raises(UserError, match="context must be an integer >= 1, got 0"):
        text(str(file), 0)


def test_characters_of_the_end_alone(tmp_path):
    """A few are said; of many nothing could be learned."""
    book = tmp_path / "book.txt"
    book.write_text("abcd " * 540 + "abcd " * 58 + "xyyz" + "abcd, ", encoding="utf-8")
    few = text(str(book), 7).description
    assert "nothing can be learned: 4 others (5 of 300)." in few
    book.write_text("abcd " * 540 + "licence = " * 30, encoding="utf-8")
    with pytest.raises(UserError, match=r"must have characters that the rest has, got 5 others \(180 of 300\)"):
        text(str(book), 7)


PLAIN = "It was the bäst of times. " * 40
FORMS = {
    "line ends of Windows": (PLAIN.replace(". ", ".\r\n").encode(), ""),
    "line ends of old Macs": (PLAIN.replace(". ", ".\r").encode(), ""),
    "a mark of UTF-8": (PLAIN.replace(". ", ".\n").encode("utf-8-sig"), ""),
    "UTF-16": (PLAIN.replace(". ", ".\n").encode("utf-16"), " Form: UTF-16."),
    "Windows": (PLAIN.replace(". ", ".\n").encode("cp1252"), " Form: text of Windows-1252, as it is no UTF-8."),
    "gzip": (gzip.compress(PLAIN.replace(". ", ".\n").encode()), " Form: gzip."),
    "zip": (zipped({"a.txt": PLAIN.replace(". ", ".\n")}), " Form: a.txt in a zip archive."),
}


@pytest.mark.parametrize(("content", "said"), FORMS.values(), ids=FORMS)
def test_forms_are_read_as_plain(tmp_path, content, said):
    (tmp_path / "plain.txt").write_text(PLAIN.replace(". ", ".\n"), encoding="utf-8")
    (tmp_path / "book.txt").write_bytes(content)
    plain, dataset = (text(str(tmp_path / name), 7) for name in ("plain.txt", "book.txt"))
    assert torch.equal(dataset.x, plain.x)
    assert dataset.description == plain.description.replace("plain", "book") + said
