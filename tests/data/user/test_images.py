import shutil

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


def class_of_one(tmp_path):
    root = image_folder(tmp_path)
    (root / "owl").mkdir()
    (root / "cat" / "0.png").rename(root / "owl" / "0.png")
    return root


def broken_link(path):
    path.symlink_to("nowhere.png")


MISTAKES = [
    (
        lambda folder: image_folder(folder, classes=["one"]),
        "must have at least 2 subfolders, one for each class, got 1",
    ),
    (empty_class, "the class folder .*empty must hold images, got no images"),
    (nested, "the class folder .*train must hold images, got only folders"),
    (class_of_one, "the class folder .*owl must hold at least 2 images, got 1: add some, or remove it"),
    (spoil_with(broken_link), "9.png cannot be read: No such file"),
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
    assert "Not used: 1 other file, such as cat/notes.txt." in dataset.description


def test_exif_orientation_is_applied(tmp_path):
    root = image_folder(tmp_path)
    turned = Image.fromarray(RNG.integers(0, 255, (5, 4, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(root / "dog" / "7.png", exif=exif)
    assert images(root).sample_shape == (3, 4, 5)


@pytest.mark.parametrize("names", [("train", "test"), ("images", "masks"), ("TrainingSet", "val_2"), ("x", "test")])
def test_parts_are_no_classes(tmp_path, names):
    """Where all subfolders have names of parts; one class may well be called test."""
    root = image_folder(tmp_path, classes=names)
    if "x" in names:
        assert "2 classes: test (6), x (6)" in images(root).description
        return
    with pytest.raises(UserError, match=f"must be classes, got {', '.join(sorted(names))}, names of parts"):
        images(root)
    for name in names:  # a split of folders with classes
        (root / name / "cat").mkdir()
    with pytest.raises(
        UserError, match=r"got .*, names of parts: set .* to a folder with a subfolder of images for each class"
    ):
        images(root)


def test_images_left_out_are_said(tmp_path):
    root = image_folder(tmp_path)
    (root / "dog" / "batch2").mkdir()
    shutil.copy(root / "dog" / "0.png", root / "dog" / "batch2" / "6.png")
    for number in range(2):
        shutil.copy(root / "dog" / "0.png", root / f"{number}.png")
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX" / "0.png").write_bytes(b"")
    description = images(root).description
    assert "12 samples" in description
    assert (
        "Not used: 1 image in folders within classes, such as dog/batch2/6.png; 2 images beside the class folders, "
        "such as 0.png."
    ) in description


GREY = Image.fromarray(RNG.integers(0, 200, (4, 5), dtype=np.uint8))


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "LA", "RGBA", "1", "CMYK"])
def test_grey_has_one_channel(tmp_path, mode):
    """However it is stored; one coloured pixel makes three channels."""
    ending = ".tif" if mode == "CMYK" else ".png"
    root = image_folder(tmp_path, mode="L", ending=ending)
    for path in root.rglob("*.*"):
        Image.open(path).convert(mode).save(path)
    assert images(root).sample_shape == (1, 4, 5)
    coloured = GREY.convert("RGB")
    coloured.putpixel((0, 0), (9, 9, 8))
    coloured.save(root / "cat" / f"7{ending}")
    assert images(root).sample_shape == (3, 4, 5)


@pytest.mark.parametrize("ending", [".PNG", ".JPEG", ".gif", ".bmp", ".tif", ".webp", ".ppm"])
def test_forms_of_images_are_read(tmp_path, ending):
    """By their content, whatever their name says."""
    assert "12 samples: 3 channels of 4×5" in images(image_folder(tmp_path, ending=ending)).description
    root = image_folder(tmp_path)
    for path in root.rglob("*.png"):
        path.rename(path.with_suffix(ending))
    assert "12 samples: 3 channels of 4×5" in images(root).description


def test_images_of_several_frames_are_refused(tmp_path):
    root = image_folder(tmp_path, ending=".tif")
    frames = [Image.new("RGB", (5, 4), number) for number in range(2)]
    frames[0].save(root / "cat" / "0.tif", save_all=True, append_images=frames[1:])
    with pytest.raises(UserError, match=r"0\.tif must have one frame, got 2"):
        images(root)
