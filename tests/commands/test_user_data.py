"""Own data on the command line: what a run of them is, what is said, and what is refused."""

import shutil

import numpy as np
import pytest

from sharegap.data.download import cache_folder
from sharegap.data.fingerprint import fingerprint, resolve
from sharegap.errors import UserError
from sharegap.results import Store
from tests.data.user.files import X, Y, image_folder, npz, text
from tests.helpers import make_run

QUICK = ["training.steps=20", "training.evaluations=2"]


@pytest.fixture
def own(tmp_path):
    return npz(tmp_path, x=X, y=Y)


def run_of(path, *more):
    return make_run("dataset=arrays", f"dataset.path={path}", "dataset.n_train=null", "dataset.n_validation=0.2", *more)


def test_identity_follows_content(tmp_path, own):
    """A run is the same wherever its data lie and another where they change."""
    copy = tmp_path / "elsewhere" / "other_name"
    copy.parent.mkdir()
    shutil.copy(own, copy)
    changed = npz(tmp_path, x=X + 1, y=Y)
    assert run_of(own).id == run_of(copy).id != run_of(changed).id
    assert str(tmp_path) not in run_of(own).json
    assert run_of(own, "dataset.kind=regression").id != run_of(own).id


def test_a_folder_is_its_files_and_their_names(tmp_path):
    """Wherever they are in it, as a loader of one's own may read any of them; hidden ones do not count."""
    root = image_folder(tmp_path)
    before = fingerprint(root)
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    (copy / "cat" / ".DS_Store").write_text("")
    (copy / "again").symlink_to(copy)
    assert fingerprint(copy) == before
    (copy / "cat" / "0.png").rename(copy / "cat" / "00.png")
    assert fingerprint(copy) != before


@pytest.mark.parametrize("place", ["x.npy", "part/x.npy", "cat/labels.csv", "labels.csv"])
def test_folders_of_other_files_differ(tmp_path, place):
    names = set()
    for content in ("one", "two"):
        root = image_folder(tmp_path, classes=("cat",) if "npy" not in place else ())
        root.mkdir(exist_ok=True)
        if "npy" not in place:
            (root / "cat" / "0.png").write_bytes(b"the same in both")
            for number in range(1, 6):
                (root / "cat" / f"{number}.png").unlink()
        (root / place).parent.mkdir(exist_ok=True)
        (root / place).write_text(content)
        names.add(fingerprint(root))
    assert len(names) == 2


def test_refuses_data_changed_meanwhile(tmp_path):
    """Data that change while a command runs are refused."""
    path = text(tmp_path, "a,b\n")
    name = fingerprint(path)
    assert resolve(name) == path
    path.write_text("a,b,c\n")
    with pytest.raises(UserError, match="has changed since this command began"):
        resolve(name)


def test_says_once_what_was_understood(command, tmp_path, own):
    options = ["dataset=arrays", f"dataset.path={own}", "model=residual", *QUICK]
    result = command("run", *options, "seed=0,1", "-m")
    assert result.code == 0
    assert " ".join(result.err.split()).count("Each run trains on 26 samples and validates on 6.") == 1
    assert len(Store(tmp_path / "out").runs()) == 2


def test_a_suite_takes_own_data(command, own):
    study = f"suite.studies.mnist1d=['dataset=arrays', 'dataset.path={own}', 'model=residual']"
    options = [f"suite.overrides={QUICK}", "suite.methods=[none,hard]", "suite.seeds=1"]
    result = command("bench", "suite=smoke", study, "~suite.studies.digits", *options)
    assert result.code == 0, result.err
    assert "3 classes: 0 (14), 1 (13), 2 (13)" in " ".join(result.err.split())


MISTAKES = [
    ([], "dataset.path must be a file or folder, got null: set it"),
    (["dataset.path=none.npz"], "dataset.path must be an existing file or folder, got none.npz: it was looked for in "),
    (["dataset.path={own}"], "; compatible models: local1d, patches, patches2d, recurrent, residual"),
    (["dataset.path={own}", "model=residual", "dataset.n_train=30"], "dataset.n_train must be from 3"),
    (
        ["dataset.path={own}", "model=residual", "dataset.n_validation=0.5x"],
        "dataset.n_validation must be a number, got '0.5x'",
    ),
    (
        ["dataset.path={own}", "model=residual", "dataset.n_validation=0", "regularizer=[early_stopping]"],
        "early stopping",
    ),
    (["dataset.path={own}", "model=residual", "regularizer=[augmentation]"], "declares no augmentation"),
    (["dataset.path={own}", "model=residual", "dataset.kind=text"], "there is no dataset.kind 'text'"),
]


@pytest.mark.parametrize(("options", "sentence"), MISTAKES, ids=[sentence[:30] for _, sentence in MISTAKES])
def test_a_mistake_gets_one_sentence(command, own, options, sentence):
    given = [option.format(own=own) for option in options]
    model = [] if any(option.startswith("model=") for option in given) else ["model=local2d"]
    result = command("run", "dataset=arrays", *model, *given)
    assert result.code == 2
    assert sentence in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_missing_targets_with_output_noise(trained, tmp_path):
    """Missing targets train with every kind of output noise."""
    tasks = np.where(np.arange(80).reshape(40, 2) % 5 == 0, -1, np.stack([Y, Y % 2], 1))
    real = np.where(tasks == -1, np.nan, tasks + X[:, :2])
    for y, kinds in ((tasks, ["smoothing", "flips"]), (real, ["gaussian"])):
        for kind in kinds:
            noise = ["regularizer=[output_noise]", f"regularizer.output_noise.kind={kind}"]
            _, [row] = trained(run_of(npz(tmp_path, x=X, y=y), "model=multitask", *noise, "training.batch_size=8"))
            assert not row["diverged"]
            assert row["curve_train_loss"][-1] < row["curve_train_loss"][0]


TABLE = "1.1,1.10,kind\n" + "".join(f"{x[0]:.3f},{x[1]:.3f},{'ab'[y % 2]}\n" for x, y in zip(X, Y, strict=True))


def test_a_table_is_read_as_typed(command, tmp_path, monkeypatch):
    """Names that look like numbers or grammar are names, and a model that fits a table is the default."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "größe (1),a=b.csv").write_text(TABLE)
    options = ["dataset=table", "dataset.path=größe (1),a=b.csv", "dataset.inputs=[1.10]", *QUICK]
    result = command("run", *options, "dataset.targets=kind")
    assert result.code == 0, result.err
    assert "1 number each (1.10)" in " ".join(result.err.split())
    assert "table residual" in result.out
    options[1] = "dataset.path='größe (1),a=b.csv'"  # in a sweep commas separate values
    sweep = command("run", *options[:3], "dataset.targets=kind", "dataset.inputs=[1.10],[1.1]", *QUICK, "-m")
    assert sweep.code == 2
    assert "dataset.inputs must hold names in quotes, got 1.1" in sweep.err


def test_an_option_of_the_table_is_the_near_miss(command):
    result = command("run", "dataset=table", "dataset.path=t.csv", "dataset.target=[kind]")
    assert result.code == 2
    assert "there is no option 'dataset.target': did you mean dataset.targets" in result.err


def test_two_targets_of_the_default_model_tell_the_remedy(command, tmp_path):
    path = text(tmp_path, TABLE.replace("kind", "kind,other").replace("a\n", "a,1\n").replace("b\n", "b,2\n"))
    result = command("run", "dataset=table", f"dataset.path={path}", "dataset.targets=[kind,other]", *QUICK)
    assert result.code == 2
    assert "multitask" in result.err


def test_only_out_and_the_cache_are_written(command, small_data, tmp_path, monkeypatch):
    """Neither beside the originals nor where the command runs."""
    monkeypatch.chdir(tmp_path)
    before = sorted(small_data.rglob("*"))
    sizes = ["dataset.n_train=100", "dataset.n_validation=20", *QUICK]
    result = command("run", "dataset=mnist", "model=residual", *sizes)
    assert result.code == 0, result.err
    assert sorted(small_data.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert list(cache_folder().rglob("mnist-*.npy"))


def test_equal_samples_of_shipped_data_are_said(command):
    """Of data that come with no other description, too."""
    sizes = ["dataset.n_train=200", "dataset.n_validation=100", *QUICK]
    result = command("run", "dataset=two_digits", "model=multitask", *sizes)
    said = "two_digits: 65 samples equal another one of their part, 65 with the same target: a split keeps"
    assert said in " ".join(result.err.split())
    result = command("run", "dataset=mnist1d", *sizes)
    assert "equal" not in result.err
