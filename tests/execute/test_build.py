"""Data sets that one process loads and others map."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
import torch

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import add_sources, known_sources
from sharegap.data.mapped import map_dataset, save_dataset
from sharegap.errors import UserError
from sharegap.execute.build import load_dataset, share_datasets, use_shared_datasets
from sharegap.testing.runs import make_run
from sharegap.testing.sites import EXAMPLES, fitting_options

TIME = "train_seconds"


class Larger(Dataset):
    """A user's own kind of data set."""


def larger(**_) -> Larger:
    """Make a small one, whatever the options."""
    x, y = torch.eye(8).unsqueeze(1), torch.arange(8) % 2
    return Larger(x, y, x_test=x + 1, y_test=y, classes=2)


@pytest.fixture(autouse=True)
def built_again():
    """What a test here has shared is mapped by no other test."""
    yield
    use_shared_datasets(None)


@pytest.fixture
def shared(tmp_path):
    return tmp_path / "shared"


@pytest.fixture
def table(tmp_path):
    """A user's file."""
    path = tmp_path / "table.csv"
    path.write_text("size,weight,label\n" + "".join(f"{i % 19},{i * i % 17},{'ab'[i % 2]}\n" for i in range(200)))
    return path


def run_of(table):
    return make_run("dataset=table", f"dataset.path={table}", "dataset.targets=[label]")


def mark(folder):
    """Change the data sets in a folder, so that it shows who maps them."""
    for path in folder.iterdir():
        save_dataset(replace(map_dataset(path), description="mapped"), path)


def figures(row):
    """What must be equal, bit by bit; as text, since NaN equals nothing."""
    return repr({name: value for name, value in row.items() if name != TIME})


@pytest.mark.parametrize("name", EXAMPLES)
def test_rows_are_those_of_built_data(trained, shared, name):
    options = fitting_options(name, "trainer.precision=32-true", "training.steps=20")
    runs = [make_run(*options, f"seed={seed}") for seed in range(2)]
    _, built = trained(*runs)
    share_datasets(runs, shared)
    mark(shared)
    use_shared_datasets(shared)
    fleet, mapped = trained(*runs)
    assert fleet.data.dataset.description == "mapped"
    assert [figures(row) for row in mapped] == [figures(row) for row in built]


def test_datasets_are_written_once(shared):
    runs = [make_run(*options) for options in ((), ("seed=1",), ("model=recurrent",), ("dataset=digits",))]
    share_datasets(runs, shared)
    assert len(list(shared.iterdir())) == 2
    mark(shared)
    share_datasets(runs, shared)
    assert {map_dataset(path).description for path in shared.iterdir()} == {"mapped"}


def test_redrawn_datasets_are_not_shared(shared):
    run = make_run("dataset.redraw=true")
    before = load_dataset(run)
    share_datasets([run, make_run()], shared)
    mark(shared)
    use_shared_datasets(shared)
    assert load_dataset(make_run()).description == "mapped"
    assert not load_dataset(run).description
    assert torch.equal(load_dataset(run).x, before.x)


def test_missing_or_damaged_ones_are_built(shared):
    run, other = make_run(), make_run("dataset=digits")
    built = load_dataset(run)
    share_datasets([run], shared)
    mark(shared)
    [folder] = shared.iterdir()
    (folder / "x.npy").write_bytes(b"")
    use_shared_datasets(shared)
    assert not load_dataset(run).description
    assert torch.equal(load_dataset(run).x, built.x)
    assert not load_dataset(other).description
    share_datasets([run], shared)  # which the leading process repairs
    assert map_dataset(folder) is not None


def test_a_full_disk_leaves_it_to_workers(shared):
    """Here a file is where the folder should be."""
    shared.write_text("")
    with pytest.warns(UserWarning, match="every process loads mnist1d itself, as it cannot be shared: .*shared"):
        share_datasets([make_run()], shared)
    assert shared.read_text() == ""
    use_shared_datasets(shared)
    assert load_dataset(make_run()).classes == 10


def test_a_dataset_of_another_class_stays(shared):
    """It may hold more than is written, which its task may need."""
    run = make_run(f"dataset.load._target_={__name__}.larger")
    with pytest.warns(UserWarning, match="Larger is not Dataset"):
        share_datasets([run], shared)
    assert not list(shared.glob("*"))
    use_shared_datasets(shared)
    assert type(load_dataset(run)) is Larger


def load_in_worker(run, folder, sources):
    """What another process has of a data set."""
    add_sources(sources)
    use_shared_datasets(folder)
    dataset = load_dataset(run)
    return dataset.x.tolist(), dataset.description


def test_workers_need_no_file_to_map_it(table, shared):
    """They need it to build the data set, and the leading process's path of it."""
    run = run_of(table)
    x = load_dataset(run).x.tolist()
    share_datasets([run], shared)
    mark(shared)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker:
        with pytest.raises(UserError, match=r"dataset\.path must be an existing file or folder, got sha256:"):
            worker.submit(load_in_worker, run, None, {}).result()
        assert worker.submit(load_in_worker, run, None, known_sources()).result() == (x, load_dataset(run).description)
        table.unlink()
        assert worker.submit(load_in_worker, run, shared, {}).result() == (x, "mapped")
