"""What a run does with a table: every figure is of its training samples alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sharegap.data.dataset import Dataset
from sharegap.data.prepare import prepare
from sharegap.data.split import split
from sharegap.data.user import table
from sharegap.errors import UserError
from tests.data.user.files import text

NAN, SAMPLES = torch.nan, 60
RNG = np.random.default_rng(0)
TRAIN = np.sort(RNG.permutation(SAMPLES)[:30])
OTHERS = np.setdiff1d(np.arange(SAMPLES), TRAIN)


def raw(x, x_test=None, y=None, categories=((), (0, 1, 2))):
    y = torch.zeros(len(x), dtype=torch.long) if y is None else y
    x_test = x if x_test is None else x_test
    return Dataset(x[:, None], y, x_test[:, None], y[: len(x_test)], classes=0, categories=categories)


def drawn(seed):
    """A number with empty fields, and one of four texts of which the last is no input."""
    rng = np.random.default_rng(seed)
    x = np.stack([rng.normal(5, 2, SAMPLES), rng.integers(0, 4, SAMPLES)], 1)
    x[rng.random(SAMPLES) < 0.2, 0] = np.nan
    x[TRAIN[0], 0] = np.nan  # so that the columns are the same in every draw
    return torch.from_numpy(x)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(1, 2**31), scale=st.sampled_from([1.0, 1e6, -3.0]))
def test_no_figure_is_of_other_samples(seed, scale):
    """Whatever the samples for validation and test hold, the training samples stay bit for bit."""
    x, other = drawn(0), drawn(seed)
    y = torch.randn(SAMPLES, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    changed, changed_y = x.clone(), y.clone()
    changed[OTHERS, 0], changed[OTHERS, 1] = scale * other[OTHERS, 0], other[OTHERS, 1]
    changed_y[OTHERS] = scale * 100 * changed_y[OTHERS]
    expected = prepare(raw(x, y=y), TRAIN)
    prepared = prepare(raw(changed, scale * drawn(seed + 1), changed_y), TRAIN)
    assert torch.equal(prepared.x[TRAIN], expected.x[TRAIN])
    assert torch.equal(prepared.y[TRAIN], expected.y[TRAIN])
    assert expected.x.shape == (SAMPLES, 1, 5)


def lines(rows):
    return "size,colour,when,score\n" + "".join(",".join(row) + "\n" for row in rows)


def test_no_figure_of_a_file_is_of_other_samples(tmp_path):
    """Nor do texts, units and empty fields that only they have change more than inputs that are 0 in training."""
    rows = []
    for i in range(SAMPLES):
        size = f"{1000 + 37 * i % 950:,} kg" if i % 9 else ""
        rows.append(
            [f'"{size}"', ["red", "blue", "green"][i * i % 7 % 3], f"2020-01-{i * 5 % 27 + 1:02}", str(i * 7 % 61 / 4)]
        )
    options = {"targets": ["score"], "prepare": True}
    dataset = table(text(tmp_path, lines(rows)), **options)
    train = split(dataset, 0, 36, 12)[0]
    used = dataset.y[train, 0].tolist()
    for i, row in enumerate(rows):
        if float(row[3]) not in used:
            row[:3] = ["", "violet", f"19{i + 10}-12-31"]  # all different, as equal rows stay together
    changed = table(text(tmp_path, lines(rows)), **options)
    assert np.array_equal(split(changed, 0, 36, 12)[0], train)
    parts = []
    for data in (dataset, changed):
        x = prepare(data, train).x[train, 0]
        parts.append(x[:, (x != 0).any(0)])
    assert torch.equal(*parts)
    assert prepare(changed, train).x.shape[2] == prepare(dataset, train).x.shape[2] + 1


def test_numbers_are_filled_by_the_median():
    x = torch.tensor([[1.0], [2], [9], [NAN], [NAN]], dtype=torch.float64)
    prepared = prepare(raw(x, torch.tensor([[NAN], [2.0]], dtype=torch.float64), categories=((),)), np.arange(4)).x_test
    filled = torch.tensor([1.0, 2, 9, 2])
    expected = (2 - filled.mean()) / filled.std(correction=0)
    torch.testing.assert_close(prepared[:, 0, 0], expected.expand(2))
    assert prepared[0, 0, 1] > 0 > prepared[1, 0, 1]


def test_texts_are_inputs_of_their_own():
    """Those that are rare in training, or unknown, have none."""
    code = torch.tensor([0.0, 0, 0, 1, 1, 1, 2, 2], dtype=torch.float64)[:, None]
    unknown = torch.tensor([[0.0], [2], [7]], dtype=torch.float64)
    prepared = prepare(raw(code, unknown, categories=((0, 1, 2),)), np.arange(8))
    assert (prepared.x[:, 0, 2] == 0).all()
    assert (prepared.x[:3, 0, 0] > 0).all()
    assert (prepared.x[3:, 0, 0] < 0).all()
    assert torch.equal(prepared.x_test[1], prepared.x_test[2])
    assert torch.equal(prepared.x_test[0], prepared.x[0])


def test_the_task_of_a_sample_stays():
    x = torch.cat([drawn(0), torch.arange(SAMPLES)[:, None] % 3], 1)
    dataset = replace(raw(x), x=x, x_test=x)
    prepared = prepare(dataset, TRAIN)
    assert torch.equal(prepared.x[:, -1], (torch.arange(SAMPLES) % 3).float())
    assert prepared.x.shape == (SAMPLES, 6)


def test_empty_in_training_is_no_input():
    x = drawn(0)
    x[TRAIN, 0] = NAN
    prepared = prepare(raw(x), TRAIN)
    assert (prepared.x[:, 0, :2] == 0).all()
    assert prepared.x.isfinite().all()


def test_prepared_data_stay_as_they_are():
    dataset = replace(raw(drawn(0)), categories=())
    assert prepare(dataset, TRAIN) is dataset


def test_test_samples_out_of_proportion_are_refused():
    x = torch.tensor([[0.0], [1e-30]], dtype=torch.float64)
    with pytest.raises(UserError, match="must have the units of the training part"):
        prepare(raw(x, 1e30 + x, categories=((),)), np.arange(2))
