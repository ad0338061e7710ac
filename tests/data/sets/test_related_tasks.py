import numpy as np
import pytest
import torch

from sharegap.data.dataset import split
from sharegap.data.sets.related_tasks import FEATURES, MOST, TASKS, best_r2, related_tasks, tasks, with_task
from sharegap.execute.build import load_dataset
from sharegap.plan.configs import CONF
from tests.helpers import make_run


@pytest.fixture(scope="module")
def data():
    return related_tasks()


def numbers(x):
    return x[:, -1].long().numpy()


def test_a_sample_ends_with_its_tasks_number():
    x = torch.arange(12.0).view(3, 2, 2)
    assert torch.equal(with_task(x, np.array([4, 0, 2]))[:, -1], torch.tensor([4.0, 0, 2]))
    assert torch.equal(with_task(x, np.array([4, 0, 2]))[:, :-1], x.flatten(1))


def test_tasks_have_from_10_to_100_samples_and_all_are_tested(data):
    sizes = np.bincount(numbers(data.x))
    assert (len(sizes), sizes.min(), sizes.max()) == (TASKS, 10, MOST)
    assert np.bincount(numbers(data.x_test)).tolist() == [50] * TASKS
    assert data.sample_shape == (FEATURES + 1,)
    assert len(data.tasks) == TASKS
    assert (data.strata == numbers(data.x)).all()


def test_what_is_left_of_the_true_weights_is_the_noise_that_is_said(data):
    weights = tasks()
    for x, y in ((data.x, data.y), (data.x_test, data.y_test)):
        left = y[:, 0].double().numpy() - (x[:, :-1].double().numpy() * weights[numbers(x)]).sum(1)
        assert left.var() == pytest.approx(0.5, rel=4 * np.sqrt(2 / len(left)))
    assert best_r2() == pytest.approx(0.845, abs=5e-4)


def test_weights_are_a_mean_and_deviations_of_the_sizes_that_are_said():
    weights = tasks()
    own = weights - weights.mean(0)
    assert np.square(own).sum(1).mean() == pytest.approx(1, rel=0.2)
    assert np.square(weights.mean(0)).sum() == pytest.approx(2, rel=0.3)


def test_no_linear_model_explains_more_of_the_test_part(data):
    """Not even the best for each task in hindsight explains much more than the true one does."""
    x, y, errors = data.x_test.double().numpy(), data.y_test[:, 0].double().numpy(), 0.0
    for task in range(TASKS):
        mine = numbers(data.x_test) == task
        errors += np.linalg.lstsq(x[mine, :-1], y[mine], rcond=None)[1].item()
    assert best_r2() < 1 - errors / len(y) / y.var() < best_r2() + 0.05


def test_every_task_is_in_training_and_in_validation():
    run = make_run("dataset=related_tasks", "model=per_task", "dataset.n_train=1200", "dataset.n_validation=350")
    data = load_dataset(run)
    for seed in range(50):
        for part in split(data, seed, 1200, 350):
            assert len(np.unique(numbers(data.x[part]))) == TASKS
    assert "n_train: 1200\n  n_validation: 350" in (CONF / "dataset" / "related_tasks.yaml").read_text()


def test_is_the_same_at_every_call(data):
    again = related_tasks()
    assert torch.equal(again.x, data.x)
    assert torch.equal(again.y_test, data.y_test)
