import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.dataset import part_sizes, split
from sharegap.data.user import arrays, table
from sharegap.errors import UserError
from sharegap.tasks import PerTaskRegressionTask, make_task
from tests.data.user.files import X, fresh, npz

RNG = np.random.default_rng(0)
SIZES = [3, 5, 8, 24]
TASK = RNG.permutation(np.repeat(["d", "b", "c", "a"], SIZES))
REAL = X @ [1, 2, 3, 4] + RNG.normal(size=40)
HELD = {"x": X, "y": REAL, "task": TASK}
WHOLE = np.arange(40)
BOTH = {"x_test": X, "y_test": REAL}


def names(dataset, x):
    return np.array(dataset.tasks)[x[:, -1].long().numpy()]


def test_the_last_input_is_the_task_and_the_others_are_as_without(tmp_path):
    with_tasks = arrays(npz(tmp_path, **HELD, **BOTH, task_test=TASK))
    without = arrays(npz(tmp_path, x=X, y=REAL, **BOTH))
    assert with_tasks.tasks == ("a", "b", "c", "d")
    assert with_tasks.kind == "related_tasks"
    assert isinstance(make_task(with_tasks), PerTaskRegressionTask)
    for part in ("x", "x_test"):
        assert torch.equal(getattr(with_tasks, part)[:, :-1], getattr(without, part).flatten(1))
        assert (names(with_tasks, getattr(with_tasks, part)) == TASK).all()
    assert torch.equal(with_tasks.y_test, without.y_test)


def test_every_split_keeps_tasks_in_proportion(tmp_path):
    dataset = arrays(npz(tmp_path, **HELD))
    assert sorted(np.unique(names(dataset, dataset.x_test), return_counts=True)[1]) == [1, 1, 1, 5]
    for seed in range(20):
        train, _ = split(dataset, seed, *part_sizes(dataset, None, 0.2))
        assert set(names(dataset, dataset.x[train])) == set("abcd")


def test_a_table_names_the_column_of_tasks(tmp_path):
    path = fresh(tmp_path, ".csv")
    inputs = {name: X[:, place] for place, name in enumerate("pqrs")}
    pl.DataFrame({**inputs, "school": TASK, "score": REAL}).write_csv(path)
    got, expected = table(path, ["score"], task_column="school"), arrays(npz(tmp_path, **HELD))
    for part in ("x", "y", "x_test", "y_test"):
        torch.testing.assert_close(getattr(got, part), getattr(expected, part))
    assert np.array_equal(got.strata, expected.strata)
    assert "the target score from" in got.understood
    assert "in 4 tasks of 3 to 24 samples" in got.understood
    assert "tasks in proportion" in got.understood


def test_whole_numbers_are_real_targets_and_a_sample_without_one_is_left_out(tmp_path):
    dataset = arrays(npz(tmp_path, x=X, y=np.where(TASK == "b", np.nan, WHOLE), task=TASK))
    assert dataset.tasks == ("a", "c", "d")
    assert arrays(npz(tmp_path, x=X, y=WHOLE, task=TASK)).kind == "related_tasks"
    assert "5 samples without a target left out" in dataset.understood


MISTAKES = [
    ({**HELD, "task": TASK[:-1]}, None, "tasks of .* must be one whole number or name for each of the 40 samples"),
    ({**HELD, "task": REAL}, None, "tasks of .* must be one whole number or name"),
    ({**HELD, "task": np.array("a")}, None, "task and task_test must be of one type, each"),
    ({**HELD, "task": np.full(40, "a")}, None, "the samples with a target are all of one task"),
    ({**HELD, "y": np.stack([REAL, REAL], 1)}, None, "need one target, and there are 2"),
    (HELD, "classification", "samples with a task each are regression, and dataset.kind is classification"),
    (HELD, "reconstruction", "samples with a task each are regression"),
    ({**HELD, "y": TASK}, None, "the target y holds text"),
    ({**HELD, **BOTH}, None, "has no array task_test"),
    ({"x": X, "y": REAL, **BOTH, "task_test": TASK}, None, "has no array task;"),
    ({"x": X, "y": REAL, "task_test": TASK}, None, "has no array task;"),
    ({**HELD, **BOTH, "task_test": np.arange(40)}, None, "task and task_test must be of one type"),
    ({**HELD, **BOTH, "task_test": np.where(TASK == "b", "e", TASK)}, None, "the task e is in the test part alone"),
    ({**HELD, "groups": TASK}, None, "is in the test part alone"),
]


@pytest.mark.parametrize(("held", "kind", "sentence"), MISTAKES, ids=[sentence[:30] for *_, sentence in MISTAKES])
def test_refuses_in_one_sentence(tmp_path, held, kind, sentence):
    with pytest.raises(UserError, match=sentence):
        arrays(npz(tmp_path, **held), kind)


def test_an_empty_task_is_refused(tmp_path):
    path = fresh(tmp_path, ".csv")
    pl.DataFrame({"p": X[:, 0], "school": [None, *TASK[1:]], "score": REAL}).write_csv(path)
    with pytest.raises(UserError, match="the column school of tasks is empty in 1 rows"):
        table(path, ["score"], task_column="school")
    with pytest.raises(UserError, match=r"there is no column in .* 'schol'"):
        table(path, ["score"], task_column="schol")
