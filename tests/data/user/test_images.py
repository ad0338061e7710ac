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
    (lambda folder: image_folder(folder, classes=["one"]), "has 1 subfolders: it needs one for each class"),
    (empty_class, "the class folder .*empty holds no images"),
    (nested, "the class folder .*train holds only folders"),
    (spoil_with(lambda path: path.write_text("text")), r"cannot be read as an image"),
    (spoil_with(lambda path: Image.new("RGB", (9, 4)).save(path)), "is 9×4 and .* is 5×4: make all images of one size"),
    (spoil_with(lambda path: Image.new("I;16", (5, 4)).save(path)), "pixels of the mode I;16, not 8 bits"),
    (spoil_with(transparent), "is transparent in places"),
    (spoil_with(bomb), "cannot be read as an image .*decompression bomb"),
    (lambda folder: image_folder(folder, each=3), "has 6 samples"),
]


@pytest.mark.parametrize(("make", "sentence"), MISTAKES, ids=[sentence[:30] for _, sentence in MISTAKES])
def test_refuses_in_one_sentence(tmp_path, make, sentence):
    with pytest.raises(UserError, match=sentence):
        images(make(tmp_path))


def test_refuses_a_file(tmp_path):
    path = fresh(tmp_path, ".png")
    Image.new("RGB", (3, 3)).save(path)
    with pytest.raises(UserError, match="is a file: dataset=images takes a folder"):
        images(path)


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_holds_the_pixels_of_each_image_and_its_class(tmp_path, mode, channels):
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
        wanted = np.array(raw[kind], float).reshape(10, -1)
        closest = np.abs(np.corrcoef(got, wanted)[:10, 10:])
        assert len(got) == 10
        if channels == 1:
            assert np.allclose(closest.max(0), 1)
    assert "1 other files are not used, such as notes.txt" in dataset.understood


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    root = image_folder(tmp_path)
    turned = Image.fromarray(RNG.integers(0, 255, (5, 4, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(root / "dog" / "7.png", exif=exif)
    assert images(root).sample_shape == (3, 4, 5)
