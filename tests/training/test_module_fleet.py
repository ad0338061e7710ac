"""A run whose LightningModule trains by itself: its training exactly, measured as all runs are."""

import threading
from importlib import import_module

import pytest
import torch
from torch.utils.data import DataLoader, Sampler, Subset, TensorDataset

from sharegap.execute.build import build_objective
from sharegap.seeding import derive_seed
from tests.helpers import make_run
from tests.models.user_modules import ResNet

STEPS, LENGTH, EPOCHS = 50, 3, 17
BOTH_PACKAGES = ["pytorch_lightning", "lightning.pytorch"]
EXACT = "trainer.precision=64-true"


def options(**arguments):
    target = "model.network.module._target_=tests.models.lightning_modules.make_module"
    given = [f"model.network.module.{name}={value}" for name, value in arguments.items()]
    return ["model=lightning_module", target, "model.network.sites.layers=[network.blocks.*]", *given]


def weights(module):
    return torch.cat([p.flatten() for p in module.parameters()]).detach()


@torch.no_grad()
def clean_loss(fleet, samples, chosen):
    x, y = (part[chosen] for part in samples)
    return float(torch.nn.functional.cross_entropy(fleet.trained[0].eval()(x.double()), y))


def trained_module(fleet):
    return fleet.trained[0].network.module


class Order(Sampler):
    """The documented order of samples, as batches; Lightning sets the number of the epoch."""

    def __init__(self, samples, seed):
        generator = torch.Generator().manual_seed(derive_seed(seed, "order"))
        orders = torch.cat([samples[torch.randperm(300, generator=generator)] for _ in range(EPOCHS)])
        self.batches, self.epoch = orders.split(100)[:STEPS], 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        return iter(self.batches[self.epoch * LENGTH : (self.epoch + 1) * LENGTH])

    def __len__(self):
        return LENGTH


@pytest.mark.parametrize("package", BOTH_PACKAGES)
@pytest.mark.parametrize("clipping", [{}, {"gradient_clip_val": 0.1}], ids=["manual", "clipped"])
def test_training_is_that_of_the_modules_own_trainer(trained, package, clipping):
    """Weights bit for bit as anyone would train it: its optimizer, schedule, loss, dropout and Trainer's options."""
    given = [f"+model.trainer.{name}={value}" for name, value in clipping.items()]
    run = make_run(*options(package=package, dropout=0.2, manual=not clipping), *given, EXACT, "seed=5")
    fleet, [row] = trained(run)
    module, data = build_objective(run).network.module, fleet.data
    samples = TensorDataset(data.dataset.x, data.dataset.y)
    loader = DataLoader(samples, batch_size=None, sampler=Order(data.train_indices[0], 5))
    validation = DataLoader(Subset(samples, data.validation_indices[0]), batch_size=100)
    trainer = import_module(package).Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        precision="64-true",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **clipping,
    )
    torch.manual_seed(derive_seed(5, "network"))
    trainer.fit(module, loader, validation)
    assert torch.equal(weights(fleet.objectives.network), weights(module))
    assert row["final_step"] == STEPS


def test_epochs_are_passes_over_the_samples(trained):
    fleet, _ = trained(make_run(*options(), EXACT))
    batches = trained_module(fleet).batches
    assert [(epoch, batch) for epoch, batch, _ in batches] == [divmod(step, LENGTH) for step in range(STEPS)]
    x = torch.cat([x for _, _, x in batches[:LENGTH]])
    expected = fleet.data.dataset.x[fleet.data.train_indices[0]].double()
    assert torch.equal(x.flatten(1).sort(0).values, expected.flatten(1).sort(0).values)


def test_figures_are_clean_and_of_the_weights_of_the_time(trained):
    """Of five evaluations each has other weights; in eval mode, and without the smoothing of the module's loss."""
    fleet, [row] = trained(make_run(*options(dropout=0.5), EXACT))
    assert len(set(row["curve_train_loss"])) == 5
    assert row["curve_train_loss"][-1] == pytest.approx(row["final_train_loss"])
    samples = fleet.data.train_indices[0]
    assert row["final_train_loss"] == pytest.approx(clean_loss(fleet, fleet.data.pool, samples))


def test_no_thread_is_left(trained):
    before = threading.active_count()
    trained(make_run(*options()))
    trained(make_run(*options(), "regularizer=[early_stopping]", "regularizer.early_stopping.strength=1"))
    assert threading.active_count() == before


def test_a_run_ends_where_its_trainer_does(trained):
    """By an EarlyStopping of the module's own, whose patience is over after two epochs."""
    stopping = "{_target_: pytorch_lightning.callbacks.EarlyStopping, monitor: val_loss, patience: 1, min_delta: 100}"
    _, [row] = trained(make_run(*options(), f"+model.trainer.callbacks=[{stopping}]"))
    assert row["final_step"] == 2 * LENGTH
    assert max(row["curve_step"]) == 2 * LENGTH


def test_learning_rates_are_multiplied(trained):
    """As if the module had been written with them, its schedule too."""
    scaled, _ = trained(make_run(*options(lr=0.01), "model.lr_factor=0.25", EXACT))
    written, _ = trained(make_run(*options(lr=0.0025), EXACT))
    torch.testing.assert_close(weights(scaled.objectives), weights(written.objectives), rtol=0, atol=1e-12)


def test_penalties_of_regularizers_are_added(trained):
    """l2 as if the module had written it into its loss; without sharing both see the same weights."""
    added, _ = trained(make_run(*options(), "regularizer=[l2]", "regularizer.l2.strength=0.1", EXACT))
    written, _ = trained(make_run(*options(penalty=0.1), EXACT))
    assert not torch.equal(weights(added.objectives), weights(trained(make_run(*options(), EXACT))[0].objectives))
    # Adam divides by the size of a gradient, and so makes much of rounding in small ones.
    torch.testing.assert_close(weights(added.objectives), weights(written.objectives), rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", ["augmentation", "input_noise"])
def test_regularizers_change_what_the_module_is_given(trained, name):
    first = {}
    for strength in (0, 0.5):
        run = make_run(*options(), f"regularizer=[{name}]", f"regularizer.{name}.strength={strength}", EXACT)
        first[strength] = trained_module(trained(run)[0]).batches[0][2]
    plain = trained_module(trained(make_run(*options(), EXACT))[0]).batches[0][2]
    assert torch.equal(first[0], plain)
    assert not torch.equal(first[0.5], plain)


def test_dropout_acts_in_training_only(trained):
    runs = [make_run(*options(), "regularizer=[dropout]", f"regularizer.dropout.strength={p}", EXACT) for p in (0, 0.5)]
    plain, dropped = (trained(run) for run in runs)
    assert torch.equal(weights(plain[0].objectives), weights(trained(make_run(*options(), EXACT))[0].objectives))
    assert not torch.equal(weights(plain[0].objectives), weights(dropped[0].objectives))
    everything = torch.arange(len(dropped[0].data.dataset.x_test))
    assert dropped[1][0]["final_test_loss"] == pytest.approx(clean_loss(dropped[0], dropped[0].data.test, everything))


@pytest.mark.parametrize(("sharing", "strong"), [("soft", 10), ("soft_proximal", 100)])
def test_strong_soft_sharing_draws_copies_together(trained, sharing, strong):
    """By a penalty, and by a pull after each step."""
    distances = []
    for strength in (0, strong):
        _, [row] = trained(make_run(*options(), f"sharing={sharing}", f"sharing.strength={strength}"))
        distances.append(row["final_relative_copy_distance"])
    assert distances[1] < 0.3 * distances[0]


def test_accumulated_batches_are_steps_of_the_run(trained):
    """Two batches for one step of the optimizer: the run has as many batches, and a pull counts its steps."""
    fleet, [row] = trained(make_run(*options(), "model.trainer.accumulate_grad_batches=2", "sharing=soft_proximal"))
    assert row["final_step"] == len(trained_module(fleet).batches) == STEPS


def test_hard_sharing_leaves_one_copy(trained):
    _, [plain] = trained(make_run(*options()))
    _, [shared] = trained(make_run(*options(), "sharing=hard"))
    block = sum(parameter.numel() for parameter in ResNet().blocks[0].parameters())
    assert plain["unique_parameters"] - shared["unique_parameters"] == 2 * block


def test_averaged_weights_are_measured(trained):
    """Those that a callback hands over at the end of the training; the last evaluation is of them."""
    averaging = "{_target_: pytorch_lightning.callbacks.EMAWeightAveraging, decay: 0.9}"
    fleet, [row] = trained(make_run(*options(), f"model.trainer.callbacks=[{averaging}]"))
    plain, _ = trained(make_run(*options()))
    assert torch.equal(weights(fleet.objectives.network), weights(trained_module(fleet)))
    assert not torch.equal(weights(trained_module(fleet)), weights(trained_module(plain)))
    assert row["curve_train_loss"][-1] == pytest.approx(row["final_train_loss"])
