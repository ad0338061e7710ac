"""Whatever the file: a data set that is what the file holds, or one sentence. No traceback, hang or much memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sharegap.data.user import images
from tests.data.user.files import fresh, image_folder
from tests.data.user.fuzz import bytes_changed, cases, mostly, sound

ENDINGS = (".png", ".jpg", ".bmp", ".gif", ".ppm", ".tif", ".webp")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {end: image_folder(tmp_path_factory.mktemp("images"), ending=end) for end in ENDINGS}


@cases(250)
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_changed_image_is_refused_or_read(folders, data, ending):
    root = folders[ending]
    original = (root / "cat" / f"0{ending}").read_bytes()
    changed = fresh(root / "cat", ending)
    changed.write_bytes(data.draw(bytes_changed(original) | st.binary(max_size=50) | st.just(b"")))
    try:
        dataset = sound(images, root)
    finally:
        changed.unlink()
    if dataset is not None:
        assert dataset.sample_shape[1:] == (4, 5)
        assert len(dataset.y) + len(dataset.y_test) == 13


names = st.sampled_from(["a", "b", "c", ".hidden", "é", "A.png", "a b"])
leaf = mostly(st.just("image"), st.sampled_from(["large", "grey", "text", "empty"]))
files = st.dictionaries(mostly(st.integers(0, 30).map(lambda i: f"{i}.png"), names), leaf, min_size=5, max_size=7)
trees = st.dictionaries(names, mostly(files, st.just({})), min_size=2, max_size=4) | st.dictionaries(names, files)


@cases(250)
@given(tree=trees)
def test_any_folder_is_refused_or_read(tmp_path, tree):
    root = fresh(tmp_path, "")
    root.mkdir()
    for number, (folder, files) in enumerate(tree.items()):
        (root / folder).mkdir()
        for name, what in files.items():
            path = root / folder / name
            if what in ("text", "empty"):
                path.write_text("text" if what == "text" else "")
            else:
                size = (6, 3) if what == "large" else (3, 3)
                Image.new("L" if what == "grey" else "RGB", size, 40 * number + len(name)).save(path, "png")
    dataset = sound(images, root)
    if dataset is not None:
        shown = [name for name in tree if name != ".hidden"]
        assert dataset.classes == len(shown)
