import numpy as np
import pytest
import torch
from PIL import Image

from sharegap.data.user import images
from sharegap.errors import UserError
from tests.data.user.files import RNG, fresh, image_folder


def spoil_with(save):
    """A folder of 12 images, and one more that `save` writes."""

    def spoilt(tmp_path):
        root = image_folder(tmp_path)
        save(root / "cat" / "9.png")
        return root

    return spoilt


def empty_class(tmp_path):
    root = image_folder(tmp_path)
    (root / "empty").mkdir()
    return root


def nested(tmp_path):
    root = image_folder(tmp_path)
    (root / "train" / "cat").mkdir(parents=True)
    return root


def transparent(path):
    Image.fromarray(RNG.integers(0, 255, (4, 5, 4), dtype=np.uint8), "RGBA").save(path)


def bomb(path):
    Image.new("L", (14_000, 12_000)).save(path)


MISTAKES = [
    (
        lambda folder: image_folder(folder, classes=["one"]),
        "must have at least 2 subfolders, one for each class, got 1",
    ),
    (empty_class, "the class folder .*empty must hold images, got no images"),
    (nested, "the class folder .*train must hold images, got only folders"),
    (spoil_with(lambda path: path.write_text("text")), r"cannot be read as an image"),
    (spoil_with(lambda path: Image.new("RGB", (9, 4)).save(path)), "must be 5×4 as .* is, got 9×4"),
    (spoil_with(lambda path: Image.new("I;16", (5, 4)).save(path)), "must have 8 bits per channel, got the mode I;16"),
    (spoil_with(transparent), "must be opaque"),
    (spoil_with(bomb), "cannot be read as an image .*decompression bomb"),
    (lambda folder: image_folder(folder, each=3), "must have at least 10 samples, got 6"),
]


@pytest.mark.parametrize(("make", "sentence"), MISTAKES, ids=[sentence[:30] for _, sentence in MISTAKES])
def test_mistakes_are_one_line(tmp_path, make, sentence):
    with pytest.raises(UserError, match=sentence):
        images(make(tmp_path))


def test_file_is_refused(tmp_path):
    path = fresh(tmp_path, ".png")
    Image.new("RGB", (3, 3)).save(path)
    with pytest.raises(UserError, match="must be a folder with a subfolder of images for each class, got the file"):
        images(path)


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_pixels_and_classes(tmp_path, mode, channels):
    root = image_folder(tmp_path, mode=mode, each=10)
    (root / "cat" / "notes.txt").write_text("")
    (root / "cat" / ".DS_Store").write_text("")
    (root / ".cache").mkdir()
    dataset = images(root)
    assert dataset.sample_shape == (channels, 4, 5)
    files = [(kind, root / name / f"{i}.png") for kind, name in enumerate(("cat", "dog")) for i in range(10)]
    raw = {
        kind: [np.asarray(Image.open(path)).reshape(4, 5, channels) for k, path in files if k == kind]
        for kind in (0, 1)
    }
    everything = torch.cat([dataset.x, dataset.x_test]).double(), torch.cat([dataset.y, dataset.y_test])
    for kind in (0, 1):
        # Up to the scale, which the training part gives, the images of a class are those of its folder.
        got = np.moveaxis(everything[0][everything[1] == kind].numpy(), 1, 3).reshape(10, -1)
        expected = np.array(raw[kind], float).reshape(10, -1)
        closest = np.abs(np.corrcoef(got, expected)[:10, 10:])
        assert len(got) == 10
        if channels == 1:
            assert np.allclose(closest.max(0), 1)
    assert "1 other files are not used, such as notes.txt" in dataset.description


def test_exif_orientation_is_applied(tmp_path):
    root = image_folder(tmp_path)
    turned = Image.fromarray(RNG.integers(0, 255, (5, 4, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(root / "dog" / "7.png", exif=exif)
    assert images(root).sample_shape == (3, 4, 5)
