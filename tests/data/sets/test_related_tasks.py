import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from sharegap.data.sets.related_tasks import (
    FEATURES,
    MAX_SAMPLES,
    TASKS,
    best_r2,
    posterior_r2,
    related_tasks,
    task_weights,
    with_task,
)
from sharegap.data.split import split
from sharegap.errors import UserError
from sharegap.execute.build import load_dataset
from tests.helpers import ROOT, make_run


@pytest.fixture(scope="module")
def data():
    return related_tasks()


def numbers(x):
    return x[:, -1].long().numpy()


def test_with_task_appends_the_task():
    x = torch.arange(12.0).view(3, 2, 2)
    assert torch.equal(with_task(x, np.array([4, 0, 2]))[:, -1], torch.tensor([4.0, 0, 2]))
    assert torch.equal(with_task(x, np.array([4, 0, 2]))[:, :-1], x.flatten(1))


def test_tasks_have_10_to_100_samples(data):
    sizes = np.bincount(numbers(data.x))
    assert (len(sizes), sizes.min(), sizes.max()) == (TASKS, 10, MAX_SAMPLES)
    assert np.bincount(numbers(data.x_test)).tolist() == [50] * TASKS
    assert data.sample_shape == (FEATURES + 1,)
    assert len(data.tasks) == TASKS
    assert (data.strata == numbers(data.x)).all()


def test_noise_has_stated_variance(data):
    weights = task_weights()
    for x, y in ((data.x, data.y), (data.x_test, data.y_test)):
        left = y[:, 0].double().numpy() - (x[:, :-1].double().numpy() * weights[numbers(x)]).sum(1)
        assert left.var() == pytest.approx(0.5, rel=4 * np.sqrt(2 / len(left)))
    assert best_r2() == pytest.approx(0.845, abs=5e-4)


def test_weights_have_stated_variances():
    weights = task_weights()
    deviation = weights - weights.mean(0)
    assert np.square(deviation).sum(1).mean() == pytest.approx(1, rel=0.2)
    assert np.square(weights.mean(0)).sum() == pytest.approx(2, rel=0.3)


def test_best_r2_is_the_best(data):
    """Not even the best for each task in hindsight explains much more than the true one does."""
    x, y, errors = data.x_test.double().numpy(), data.y_test[:, 0].double().numpy(), 0.0
    for task in range(TASKS):
        mine = numbers(data.x_test) == task
        errors += np.linalg.lstsq(x[mine, :-1], y[mine], rcond=None)[1].item()
    assert best_r2() < 1 - errors / len(y) / y.var() < best_r2() + 0.05


def test_every_task_is_in_both_parts():
    run = make_run("dataset=related_tasks", "model=per_task", "dataset.n_train=1200", "dataset.n_validation=350")
    data = load_dataset(run)
    for seed in range(50):
        for part in split(data, seed, 1200, 350):
            assert len(np.unique(numbers(data.x[part]))) == TASKS
    assert "n_train: 1200\n  n_validation: 350" in (ROOT / "conf" / "dataset" / "related_tasks.yaml").read_text()


def test_every_call_is_the_same(data):
    again = related_tasks()
    assert torch.equal(again.x, data.x)
    assert torch.equal(again.y_test, data.y_test)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9, 1.0])
def test_tasks_have_the_stated_correlation(correlation):
    """Over redraws: of the products of the weights of two tasks, and of the squares of one's."""
    products, squares = [], []
    for redraw in range(1, 101):
        weights = task_weights(correlation, redraw)
        products.append(weights[0] @ weights[1])
        squares.append(np.square(weights).sum(1).mean())
    assert np.mean(squares) == pytest.approx(3, rel=0.05)
    assert np.mean(products) / 3 == pytest.approx(correlation, abs=0.12)
    with pytest.raises(UserError, match=r"dataset.load.correlation must be in \[0, 1\], got -1"):
        related_tasks(-1)


def test_redraws_have_new_weights():
    first, second = related_tasks(redraw=1), related_tasks(redraw=2)
    assert not torch.equal(first.x, second.x)
    assert np.abs(task_weights(redraw=1) - task_weights(redraw=2)).mean() > 0.1
    assert torch.equal(related_tasks(redraw=1).y, first.y)


def test_posterior_mean_is_a_ridge_regression(data):
    """Of common and own weights, whose penalties are the inverse of their variances."""
    train, _ = split(data, 0, 1200, 350)
    r = 2 / 3

    def design(x):
        features, indicator = x[:, :-1].double().numpy(), np.eye(TASKS)[numbers(x)]
        own = (indicator[:, :, None] * features[:, None]).reshape(len(x), -1)
        return np.concatenate([np.sqrt(r) * features, np.sqrt(1 - r) * own], 1)

    ridge = Ridge(alpha=0.5 / (3 / FEATURES), fit_intercept=False)
    ridge.fit(design(data.x[train]), data.y[train, 0].double().numpy())
    expected = ridge.score(design(data.x_test), data.y_test[:, 0].double().numpy())
    assert posterior_r2(data, train) == pytest.approx(expected, abs=1e-9)


def test_posterior_mean_is_the_best_of_its_kind(data):
    """It is below the true weights, and better than that of another correlation."""
    train, _ = split(data, 0, 1200, 350)
    best = posterior_r2(data, train)
    assert best == pytest.approx(0.763, abs=0.01)
    assert max(posterior_r2(data, train, other) for other in (0.0, 0.3, 0.95)) < best < best_r2()
