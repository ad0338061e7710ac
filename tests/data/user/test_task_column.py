import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.split import split, split_sizes
from sharegap.data.user import arrays, table
from sharegap.errors import UserError
from sharegap.tasks import PerTaskClassificationTask, PerTaskRegressionTask, make_task
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


def test_task_is_the_last_input(tmp_path):
    """The other inputs are those without tasks."""
    with_tasks = arrays(npz(tmp_path, **HELD, **BOTH, task_test=TASK))
    without = arrays(npz(tmp_path, x=X, y=REAL, **BOTH))
    assert with_tasks.tasks == ("a", "b", "c", "d")
    assert with_tasks.kind == "related_tasks"
    assert isinstance(make_task(with_tasks), PerTaskRegressionTask)
    for part in ("x", "x_test"):
        assert torch.equal(getattr(with_tasks, part)[:, :-1], getattr(without, part).flatten(1))
        assert (names(with_tasks, getattr(with_tasks, part)) == TASK).all()
    assert torch.equal(with_tasks.y_test, without.y_test)


def test_splits_keep_tasks_in_proportion(tmp_path):
    dataset = arrays(npz(tmp_path, **HELD))
    assert sorted(np.unique(names(dataset, dataset.x_test), return_counts=True)[1]) == [1, 1, 1, 5]
    for seed in range(20):
        train, _ = split(dataset, seed, *split_sizes(dataset, None, 0.2))
        assert set(names(dataset, dataset.x[train])) == set("abcd")


def test_task_column_of_a_table(tmp_path):
    path = fresh(tmp_path, ".csv")
    inputs = {name: X[:, place] for place, name in enumerate("pqrs")}
    pl.DataFrame({**inputs, "school": TASK, "score": REAL}).write_csv(path)
    got, expected = table(path, ["score"], task_column="school"), arrays(npz(tmp_path, **HELD))
    for part in ("x", "y", "x_test", "y_test"):
        torch.testing.assert_close(getattr(got, part), getattr(expected, part))
    assert np.array_equal(got.strata, expected.strata)
    assert "the target score from" in got.description
    assert "in 4 tasks of 3 to 24 samples" in got.description
    equal = arrays(npz(tmp_path, x=X, y=REAL, task=np.arange(40) % 4)).description
    assert "in 4 tasks of 10 samples" in equal
    assert "tasks in proportion" in got.description


def test_integers_are_real_targets(tmp_path):
    """A sample without a target is left out."""
    dataset = arrays(npz(tmp_path, x=X, y=np.where(TASK == "b", np.nan, WHOLE), task=TASK))
    assert dataset.tasks == ("a", "c", "d")
    assert arrays(npz(tmp_path, x=X, y=WHOLE, task=TASK)).kind == "related_tasks"
    assert "5 samples without a target left out" in dataset.description


@pytest.mark.parametrize("classes", [np.array([0, 1]), np.array(["no", "yes"]), np.array([False, True])])
def test_few_whole_values_and_text_are_classes(tmp_path, classes):
    """They are the same in all tasks, and are in proportion within each."""
    y = np.arange(40) % 2
    y[TASK == "d"] = 0
    dataset = arrays(npz(tmp_path, x=X, y=classes[y], task=TASK))
    assert (dataset.kind, dataset.classes, dataset.tasks) == ("related_classes", 2, ("a", "b", "c", "d"))
    task = make_task(dataset)
    assert isinstance(task, PerTaskClassificationTask)
    assert task.output_shape == (4, 2)
    assert "in 4 tasks of 3 to 24 samples; 1 with one class only, so without a ROC AUC: d." in dataset.description
    assert "tasks and their classes in proportion" in dataset.description
    assert dataset.y.shape == dataset.strata.shape
    is_largest = names(dataset, dataset.x_test) == "a"
    in_test = [(dataset.y_test[is_largest] == label).sum().item() for label in (0, 1)]
    in_file = [(y[TASK == "a"] == label).sum() for label in (0, 1)]
    assert np.abs(np.array(in_test) - np.array(in_file) / 5).max() <= 1


def test_points_of_an_exam_are_numbers(tmp_path):
    """Integers of many values, unless they are called classes."""
    points = np.arange(80) % 30
    content = {"x": np.concatenate([X, X + 1]), "y": points, "task": np.tile(TASK, 2)}
    assert arrays(npz(tmp_path, **content)).kind == "related_tasks"
    assert arrays(npz(tmp_path, **content), "classification").classes == 30
    assert arrays(npz(tmp_path, **content | {"y": points % 3}), "regression").kind == "related_tasks"


MISTAKES = [
    ({**HELD, "task": TASK[:-1]}, None, "tasks of .* must be an integer or name for each of the 40 samples"),
    ({**HELD, "task": REAL}, None, "tasks of .* must be an integer or name"),
    ({**HELD, "task": np.array("a")}, None, "task and task_test must be .samples,. of one type"),
    ({**HELD, "task": np.full(40, "a")}, None, "must have at least 2 tasks, got 1"),
    ({**HELD, "y": np.stack([REAL, REAL], 1)}, None, "there must be one target if each sample has a task, got 2"),
    (HELD, "classification", "the classes of the target y must be integers or text, got real numbers"),
    (HELD, "reconstruction", "must be regression or classification if each sample has a task, got reconstruction"),
    ({**HELD, "y": TASK}, "regression", "the target y must hold numbers, got text"),
    ({**HELD, "y": np.arange(40) % 2 * 1.0}, None, "must be classification or regression, as y takes 2 whole values"),
    ({**HELD, **BOTH}, None, "must have an array task_test"),
    ({"x": X, "y": REAL, **BOTH, "task_test": TASK}, None, "must have an array task,"),
    ({"x": X, "y": REAL, "task_test": TASK}, None, "must have an array task,"),
    ({**HELD, **BOTH, "task_test": np.arange(40)}, None, "task and task_test must be .samples,. of one type"),
    (
        {**HELD, **BOTH, "task_test": np.where(TASK == "b", "e", TASK)},
        None,
        "the training part must have samples of the task e",
    ),
    ({**HELD, "groups": TASK}, None, "must have samples of the task"),
]


@pytest.mark.parametrize(("content", "kind", "sentence"), MISTAKES, ids=[sentence[:30] for *_, sentence in MISTAKES])
def test_mistakes_are_one_line(tmp_path, content, kind, sentence):
    with pytest.raises(UserError, match=sentence):
        arrays(npz(tmp_path, **content), kind)


def test_empty_task_is_refused(tmp_path):
    path = fresh(tmp_path, ".csv")
    pl.DataFrame({"p": X[:, 0], "school": [None, *TASK[1:]], "score": REAL}).write_csv(path)
    with pytest.raises(UserError, match="the column school of tasks must be filled, got nothing in 1 of 40"):
        table(path, ["score"], task_column="school")
    with pytest.raises(UserError, match=r"there is no column in .* 'schol'"):
        table(path, ["score"], task_column="schol")
