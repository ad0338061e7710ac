"""What must stay true of a fleet: a run's result depends on its own config alone."""

import math

import pytest
import torch

from sharegap.execute.build import build_fleet, build_objective
from sharegap.seeding import derive_seed
from sharegap.training.fit import fit
from tests.helpers import make_run
from tests.rows import widened

# Over 50 steps of Adam in float64: sums in another order differ by 1e-16, and grow by then to less than this.
EXACT = ["trainer.precision=64-true"]
TOLERANCE = 1e-9
METHODS = {
    "soft": ["sharing=soft"],
    "proximal": ["sharing=soft_proximal", "sharing.strength=3"],
    "dropout": ["regularizer=[dropout]"],
    "l2 and early stopping": ["regularizer=[l2,early_stopping]"],
    "redrawn data": ["dataset.redraw=true"],
}


def weights(fleet, run, network="objectives"):
    return torch.cat([p[run].flatten() for p in getattr(fleet, network).parameters()]).detach()


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_company_changes_only_rounding(trained, options):
    """Company and order change nothing but rounding."""
    run = make_run(*EXACT, *options, "seed=3")
    others = [make_run(*EXACT, *options, f"seed={seed}", "optimizer.lr=0.005") for seed in range(4, 10)]
    alone, figures = trained(run)
    for fleet, place in (([run, *others], 0), ([*others[:4], run, *others[4:]], 4)):
        company, rows = trained(*fleet)
        torch.testing.assert_close(weights(company, place), weights(alone, 0), rtol=0, atol=TOLERANCE)
        for name in ("final_train_loss", "final_test_loss", "best_val_validation_loss"):
            assert rows[place][name] == pytest.approx(figures[0][name], abs=TOLERANCE)


def test_single_run_is_an_ordinary_loop(trained):
    """The fleet against its reference: a plain module, torch's Adam, and the documented order of samples."""
    run = make_run(*EXACT, "sharing=hard", "seed=5")
    fleet, _ = trained(run)
    objective, data = build_objective(run).double(), fleet.data
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(derive_seed(5, "order"))
    epochs = [data.train_indices[0][torch.randperm(300, generator=generator)] for _ in range(17)]
    for step in range(50):
        epoch, batch = divmod(step, 3)  # 300 samples in batches of 100
        chosen = epochs[epoch][100 * batch : 100 * (batch + 1)]
        optimizer.zero_grad()
        objective(data.dataset.x[chosen].double(), data.dataset.y[chosen]).backward()
        optimizer.step()
    reference = torch.cat([p.flatten() for p in objective.parameters()])
    torch.testing.assert_close(weights(fleet, 0), reference.detach(), rtol=0, atol=TOLERANCE)


def test_one_run_diverging_changes_no_other(tmp_path):
    runs = [make_run("sharing=hard", f"seed={seed}") for seed in range(3)]
    fleets = [build_fleet(runs), build_fleet(runs)]
    with torch.no_grad():
        next(fleets[1].objectives.parameters())[1] = math.nan
    rows = []
    for fleet in fleets:
        stored = fit(fleet, {"accelerator": "cpu"}, tmp_path / f"{id(fleet)}.ckpt")
        rows.append([widened(row) for row in stored])
    assert [row["diverged"] for row in rows[1]] == [False, True, False]
    for healthy in (0, 2):
        assert torch.equal(weights(fleets[0], healthy), weights(fleets[1], healthy))
        assert rows[0][healthy]["final_test_loss"] == rows[1][healthy]["final_test_loss"]
    assert math.isnan(rows[1][1]["final_train_loss"])
    assert rows[1][1]["best_val_step"] is None
    assert rows[1][1]["final_step"] == 10


def test_each_run_has_a_learning_rate_of_its_own(trained):
    slow, fast = (make_run(*EXACT, f"optimizer.lr={rate}") for rate in (0.001, 0.01))
    (alone, _), (both, _) = trained(slow), trained(fast, slow)
    torch.testing.assert_close(weights(both, 1), weights(alone, 0), rtol=0, atol=TOLERANCE)
    assert (weights(both, 0) - weights(both, 1)).abs().max() > 0.01


def test_early_stopping_ends_one_run(trained):
    """Early stopping ends one run and keeps its best weights."""
    patient = ["regularizer=[early_stopping]", "training.steps=400", "training.evaluations=20", "seed=1"]
    runs = [make_run(*patient, f"regularizer.early_stopping.strength={patience}") for patience in (1, 100)]
    fleet, rows = trained(*runs)
    stopped, endless = rows
    assert stopped["final_step"] < endless["final_step"] == 400
    assert stopped["final_step"] == stopped["best_val_step"] + 20
    assert stopped["curve_step"] == endless["curve_step"][: len(stopped["curve_step"])]
    assert stopped["curve_validation_score"] == endless["curve_validation_score"][: len(stopped["curve_step"])]
    best = max(stopped["curve_validation_score"])
    assert stopped["best_val_validation_score"] == pytest.approx(best)
    assert not torch.equal(
        weights(fleet, 0, "best_val"), torch.cat([p[0].flatten() for p in fleet.objectives.network.parameters()])
    )


def test_test_curve_ends_at_the_test_score(trained):
    """Nothing is chosen by the curve of the test split; its last point is what is measured in the end."""
    _, rows = trained(make_run("seed=1"), make_run("seed=2"))
    for row in rows:
        for metric in ("loss", "score"):
            assert row[f"curve_test_{metric}"][-1] == pytest.approx(row[f"final_test_{metric}"], abs=1e-6)


def test_size_of_the_test_part_is_stored(trained):
    fleet, rows = trained(make_run("seed=1"), make_run("seed=2"))
    assert [row["final_test_samples"] for row in rows] == 2 * [len(fleet.data.dataset.y_test)]


def test_stronger_sharing_brings_copies_together(trained):
    strengths = [0, 1e-4, 1e-3, 1e-2, 1e-1, 1]
    _, rows = trained(
        *(make_run("sharing=soft_penalty", f"sharing.strength={s}", "training.steps=100") for s in strengths)
    )
    distances = [row["final_relative_copy_distance"] for row in rows]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.1 * distances[0]
    _, [hard] = trained(make_run("sharing=hard"))
    assert hard["final_relative_copy_distance"] < 1e-6  # the mean of equal numbers is rounded


def test_proximal_form_is_stable(trained):
    """The proximal form is stable at every strength and off at zero."""
    options = ["sharing=soft_proximal", "training.steps=100"]
    strengths = [0, 1e-2, 1, 1e2, 1e6]
    _, rows = trained(*(make_run(*options, f"sharing.strength={s}") for s in strengths))
    distances = [row["final_relative_copy_distance"] for row in rows]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-3
    assert all(row["curve_train_loss"][-1] < 0.8 * row["curve_train_loss"][0] for row in rows)
    (none, _), (off, _) = trained(make_run()), trained(make_run(*options[:1], "sharing.strength=0"))
    assert torch.equal(weights(none, 0), weights(off, 0))


@pytest.mark.parametrize("distance", ["l1", "group", "cosine"])
def test_every_distance_pulls_in_a_fleet(trained, distance):
    options = ["sharing=soft_penalty", f"sharing.strategy.distance={distance}", "training.steps=100"]
    _, rows = trained(*(make_run(*options, f"sharing.strength={s}") for s in (0, 0.003, 0.1)))
    distances = [row["final_relative_copy_distance"] for row in rows]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.7 * distances[0]


def test_evaluates_clean_data_without_dropout(trained):
    fleet, [row] = trained(make_run("regularizer=[dropout]", "regularizer.dropout.strength=0.9"))
    network = build_objective(make_run()).network.eval()  # the same network without the dropout layers
    for mine, theirs in zip(network.parameters(), fleet.objectives.network.parameters(), strict=True):
        mine.data.copy_(theirs[0])
    data = fleet.data
    for part, x, y in (
        ("train", data.dataset.x[data.train_indices[0]], data.dataset.y[data.train_indices[0]]),
        ("validation", data.dataset.x[data.validation_indices[0]], data.dataset.y[data.validation_indices[0]]),
        ("test", data.dataset.x_test, data.dataset.y_test),
    ):
        outputs = network(x)
        assert row[f"final_{part}_score"] == pytest.approx((outputs.argmax(1) == y).float().mean().item(), abs=1e-6)
        assert row[f"final_{part}_loss"] == pytest.approx(
            torch.nn.functional.cross_entropy(outputs, y).item(), abs=1e-4
        )


def test_trains_without_validation_samples(trained):
    _, [row] = trained(make_run("dataset.n_validation=0"))
    assert row["best_val_step"] is None
    assert row["final_validation_score"] is None
    assert math.isfinite(row["final_test_score"])
