"""A data set that several processes share."""

import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch

from sharegap.data.dataset import Dataset
from sharegap.data.mapped import ARRAYS, CONTENTS, map_dataset, save_dataset
from sharegap.execute.build import load_dataset
from tests.data.test_every_dataset import DATASETS
from tests.helpers import make_run

ROLLUP = Path("/proc/self/smaps_rollup")
MEGABYTES = 64


@pytest.fixture
def dataset():
    """A data set with a value in every field."""
    numbers = np.arange(6)
    return Dataset(
        torch.randn(6, 1, 8),
        torch.tensor([0, 1, 2, 0, 1, 2]),
        torch.randn(4, 1, 8),
        torch.tensor([0, 1, 2, 0]),
        classes=3,
        tasks=("left", "right"),
        entropy=0.1 + 0.2,
        strata=numbers % 3,
        groups=numbers.astype(np.int32),
        validation=numbers > 3,
        order=numbers[::-1].copy(),
        duplicates=numbers // 2,
        duplicates_note="2 samples",
        kind="classification",
        categories=((), (0, 2)),
        description="größe \udcff",
    )


def content(value):
    """What two values must agree in to be the same to a training: bits, and the order of the axes in memory."""
    if isinstance(value, torch.Tensor):
        return "tensor", content(value.numpy())
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, np.argsort(value.strides, kind="stable").tolist(), value.tobytes()
    return type(value), value


def assert_same(first, second):
    for field in fields(Dataset):
        one, other = (content(getattr(dataset, field.name)) for dataset in (first, second))
        assert one == other, field.name


def round_trip(dataset, folder):
    save_dataset(dataset, folder)
    mapped = map_dataset(folder)
    assert mapped is not None
    assert not any(isinstance(getattr(mapped, name), np.memmap) for name in ARRAYS)
    return mapped


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_is_mapped_as_built(small_data, tmp_path, name):
    dataset = load_dataset(make_run(f"dataset={name}"))
    assert_same(dataset, round_trip(dataset, tmp_path))


def test_every_field_is_kept(dataset, tmp_path):
    assert_same(dataset, round_trip(dataset, tmp_path / "new" / "folder"))
    bare = Dataset(*(getattr(dataset, name) for name in ARRAYS[:4]), classes=0)
    assert_same(bare, round_trip(bare, tmp_path / "bare"))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"])
def test_every_dtype_is_kept(dataset, tmp_path, dtype):
    """Bit by bit: numbers that are none, and the sign of zero, too."""
    values = np.array([[-0.0, 1.0, np.inf, np.nan]] if "float" in dtype else [[0, 1, 2, 3]]).astype(dtype)
    dataset = replace(dataset, x=torch.from_numpy(values), strata=values[0])
    assert_same(dataset, round_trip(dataset, tmp_path))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (1, 1, 1), ()])
def test_odd_shapes_are_kept(dataset, tmp_path, shape):
    dataset = replace(dataset, x=torch.ones(shape))
    assert_same(dataset, round_trip(dataset, tmp_path))


def test_memory_layout_is_kept(dataset, tmp_path):
    """Sums in another order may round to other numbers."""
    dataset = replace(dataset, x=torch.randn(5, 4, 3, 2).permute(0, 3, 1, 2), y=torch.randn(3, 6).T)
    assert_same(dataset, round_trip(dataset, tmp_path))


def test_gaps_in_memory_are_left_out(dataset, tmp_path):
    dataset = replace(dataset, x=torch.randn(6, 8)[:, ::2], strata=np.arange(12)[::-2])
    mapped = round_trip(dataset, tmp_path)
    assert torch.equal(mapped.x, dataset.x)
    assert np.array_equal(mapped.strata, dataset.strata)
    assert mapped.x.is_contiguous()


def test_one_memory_is_one_file(dataset, tmp_path):
    """As in a reconstruction, whose targets are the inputs in another shape."""
    dataset = replace(dataset, y=dataset.x.flatten(1), x_test=dataset.x, y_test=dataset.x.clone())
    mapped = round_trip(dataset, tmp_path)
    assert_same(dataset, mapped)
    assert mapped.x.data_ptr() == mapped.y.data_ptr() == mapped.x_test.data_ptr() != mapped.y_test.data_ptr()
    assert not {"y.npy", "x_test.npy"} & {path.name for path in tmp_path.iterdir()}


def test_changes_in_place_reach_no_file(dataset, tmp_path):
    mapped = round_trip(dataset, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ARRAYS:
        getattr(mapped, name)[:] = 0
    assert not mapped.x.any()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert_same(dataset, map_dataset(tmp_path))


def test_a_damaged_dataset_is_none(dataset, tmp_path):
    sound, damaged = tmp_path / "sound", tmp_path / "damaged"
    assert map_dataset(sound) is None
    save_dataset(dataset, sound)
    for path in sorted(sound.iterdir()):
        whole = path.read_bytes()
        lost = [b"", whole[: len(whole) // 2], whole[:-1], bytes(len(whole))]
        if path.name != CONTENTS:
            lost.append(whole[:-1] + bytes([whole[-1] ^ 1]))
        for part in lost:
            shutil.copytree(sound, damaged, dirs_exist_ok=True)
            (damaged / path.name).write_bytes(part)
            assert map_dataset(damaged) is None, path.name
        shutil.copytree(sound, damaged, dirs_exist_ok=True)
        (damaged / path.name).unlink()
        assert map_dataset(damaged) is None, path.name


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"arrays": {}, "others": {"tasks": []}}', '{"arrays": 1}'])
def test_other_contents_are_no_dataset(tmp_path, text):
    (tmp_path / CONTENTS).write_text(text)
    assert map_dataset(tmp_path) is None


def test_an_unfinished_dataset_is_none(dataset, tmp_path):
    """Also where another one was before: its description must not go with new arrays."""
    save_dataset(dataset, tmp_path)
    objects = np.array([{}] * 6)
    with pytest.raises(ValueError, match="Object arrays"):
        save_dataset(replace(dataset, x=dataset.x + 1, duplicates=objects), tmp_path)
    assert map_dataset(tmp_path) is None
    assert not list(tmp_path.glob(".*"))


def test_a_subclass_is_refused(dataset, tmp_path):
    class Larger(Dataset):
        """May have more fields, which would be lost."""

    with pytest.raises(TypeError, match="Larger is not Dataset"):
        save_dataset(Larger(*(getattr(dataset, name) for name in ARRAYS[:4]), classes=3), tmp_path)
    assert not list(tmp_path.iterdir())


def memory():
    """Bytes of this process that no other one has, and those it shares."""
    kilobytes = {key: int(number) for key, number in re.findall(r"(\w+): +(\d+) kB", ROLLUP.read_text())}
    private, shared = (kilobytes[f"{kind}_Dirty"] + kilobytes[f"{kind}_Clean"] for kind in ("Private", "Shared"))
    return np.array([private, shared]) * 1024


def memory_of_mapping(folder):
    """By how much the memory of this process grows with a data set of which it reads every number."""
    torch.zeros(1).sum()
    before = memory()
    dataset = map_dataset(folder)
    assert dataset.x.sum() == len(dataset.x)
    return (memory() - before).tolist()


@pytest.mark.skipif(not ROLLUP.exists(), reason="the system does not say what memory processes share")
def test_processes_share_the_memory(dataset, tmp_path):
    size = MEGABYTES * 2**20
    mapped = round_trip(replace(dataset, x=torch.ones(size // 4)), tmp_path)
    assert mapped.x.sum() == len(mapped.x)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        private, shared = pool.submit(memory_of_mapping, tmp_path).result()
    assert private < size / 8
    assert shared > size * 7 / 8
