"""What is done with generated examples: each kind makes one, and says how it is run and how much it holds."""

import contextlib
import os
import shutil
from itertools import count
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from sharegap.data.duplicates import with_duplicates
from sharegap.data.user import arrays, images, table
from sharegap.data.user.text import MAX_WINDOWS, STRIDE, text
from sharegap.errors import UserError
from tests.soak import files, programs

_numbers = count()
KIND_OPTIONS = ["classification", "multitask", "regression", "pairs", "reconstruction", "none"]


def fresh(folder, ending=""):
    """A path in an empty folder, of a name that was never used."""
    data = folder / "data"
    if data.is_dir():
        for path in data.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(data)
    data.mkdir()
    return data / f"{next(_numbers)}{ending}"


def written(chance, folder, ending, content):
    """A file of this content, or sometimes something else in its place."""
    path = fresh(folder, ending)
    odd = chance.random() / max(chance.wildness, 0.01)
    if odd < 0.01:
        path.mkdir()
    elif odd < 0.02:
        path.symlink_to(chance.choice(["nowhere", path.name, "/dev/null", "/dev/zero"]))
    elif odd < 0.03:
        os.mkfifo(path)
    elif odd < 0.05:
        target = path.with_name("target")
        target.write_bytes(content)
        path.symlink_to(target)
    else:
        path.write_bytes(content)
        path.chmod(0o000 if 0.05 < odd < 0.06 else 0o600)
    return path


def read(load, *arguments, **options):
    """Load a data set as a run does."""
    with_duplicates(load(*arguments, **options))


def chance_of(draw):
    return files.Chance(draw(st.integers(0, 2**32)))


def make_csv(draw, folder):
    chance = chance_of(draw)
    content, size, last = files.csv(chance)
    path = written(chance, folder, ".csv", content)
    target = chance.some([last], ["y", "c0", "1", "3", *files.NAMES])
    options = {"kind": chance.some([None], KIND_OPTIONS), "header": chance.some([None, True], [True, False])}
    options["drop_missing"] = chance.random() < 0.3
    if chance.odd(0.1):
        options["groups"] = chance.choice(["c0", "a", "id"])
    if chance.odd(0.1):
        options["missing"] = chance.choice([[], ["NA"], ["-999", "x"], "p"])
    if chance.odd(0.1):
        options["task_column"] = chance.choice(["c1", "a"])
    return (lambda *_: read(table, path, [target], **options)), (path, target, options), max(size, len(content))


def make_parquet(draw, folder):
    chance = chance_of(draw)
    content, size = files.parquet(chance)
    path = written(chance, folder, ".parquet", content)
    targets, kind = [chance.some(["y"], ["c0", "c1"])], chance.some([None], KIND_OPTIONS)
    return (lambda *_: read(table, path, targets, kind=kind)), (path, targets, kind), max(size, len(content))


def make_npz(draw, folder):
    chance = chance_of(draw)
    content, size = files.npz(chance)
    path = written(chance, folder, ".npz", content)
    kind, channels = chance.some([None], KIND_OPTIONS), chance.some([None, "first"], ["last", "no"])
    return (lambda *_: read(arrays, path, kind, channels)), (path, kind, channels), max(size, len(content))


def make_text(draw, folder):
    chance = chance_of(draw)
    content, size = files.text(chance)
    path = written(chance, folder, ".txt", content)
    context = chance.some([1, 8, 16], [100, 0])
    # What a text holds are its windows, of which each character is a number of 8 bytes.
    windows = 8 * (context + 1) * min(size // STRIDE, MAX_WINDOWS)
    return (lambda *_: read(text, path, context)), (path, context), max(size, len(content), windows // 2)


def make_images(draw, folder):
    chance = chance_of(draw)
    root = fresh(folder)
    root.mkdir()
    size, pixels = chance.choice([(5, 4), (4, 4), (8, 8), (1, 1)]), 0
    usual, others = ["a", "b", "c", "é"], ["train", "test", ".hidden", "a\nb", "x,y", "__MACOSX"]
    for name in {chance.some(usual, others) for _ in range(chance.some([6], [1, 2]))}:
        place = root / name / chance.some([""], ["deep"], 0.1)
        place.mkdir(parents=True)
        for number in range(chance.some([6], [0, 1], 0.1)):
            other = (9, 9) if chance.odd(0.02) else size
            ending, content = files.image(chance, other)
            (place / f"{number}{ending}").write_bytes(content)
            pixels += 3 * size[0] * size[1]
        if chance.odd(0.2):
            odd = place / chance.choice(["Thumbs.db", ".DS_Store", "9.png", "label.txt"])
            kind = chance.randrange(4)
            if kind == 0:
                odd.mkdir(exist_ok=True)
            elif kind == 1:
                os.mkfifo(odd)
            elif kind == 2:
                odd.symlink_to("nowhere")
            else:
                odd.write_bytes(b"")
        if chance.odd(0.1):
            (place / "again").symlink_to(root)
    return (lambda *_: read(images, root)), (root,), pixels


KINDS = {
    "csv": make_csv,
    "npz": make_npz,
    "parquet": make_parquet,
    "images": make_images,
    "text": make_text,
    "overrides": programs.make_overrides,
    "suites": programs.make_suite,
    "parts": programs.make_part,
    "checkpoints": programs.make_checkpoint,
}


def warm_up(folder: Path) -> None:
    """Take the memory that the libraries take for the first file."""
    path = fresh(folder, ".csv")
    rows = np.random.default_rng(0).integers(0, 9, (2000, 20))
    path.write_text("\n".join(",".join(map(str, row)) for row in rows))
    read(table, path, ["1"], header=False)
    words = ["run", *programs.SMALL, f"out={folder / 'out'}", "logger=none"]
    programs.run_command(words)
    with contextlib.suppress(UserError):
        programs.read_store(programs.stored(folder / "out"), is_shown=True)
