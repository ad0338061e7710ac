"""A LightningModule that trains by itself, in commands."""

import json

import pytest
import yaml

from sharegap.results import Store
from tests.training.test_module_fleet import options

SMALL = ["training.steps=6", "training.evaluations=2", "dataset.n_train=120", "dataset.n_validation=60"]
WORDS = ["run", "dataset=mnist1d", *options(), *SMALL, "logger=none"]
PLAIN = ["model.network.module._target_=tests.models.user_modules.ResNet", "model.network.sites.layers=[blocks.*]"]
REFUSED = {
    "no LightningModule": (PLAIN, "must build a LightningModule, got ResNet: model=module is for others"),
    "length": (["model.trainer.max_epochs=3"], "model.trainer.max_epochs must be left out: "),
    "mistyped": (["model.trainer.gradient_clip=1"], "did you mean gradient_clip_val"),
    "other batches": (["model.network.module.accepts=dicts"], "Classifier must train on batches [x, y] of this"),
    "learning rate": (["model.lr_factor=0"], "model.lr_factor must be a finite number > 0, got 0"),
    "ensemble": (["method=ensemble"], "model.ensemble_size must be 1 for model=lightning_module"),
    "loss": (["method=output_noise"], "output_noise must be left out for model=lightning_module"),
}


@pytest.mark.parametrize(("given", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_one_sentence(command, tmp_path, given, sentence):
    names = {option.partition("=")[0] for option in given}
    words = [word for word in WORDS if word.partition("=")[0] not in names]
    result = command(*words, *given, f"out={tmp_path}")
    assert (result.code, sentence in result.err, result.err.count("\n")) == (2, True, 1), result.err
    assert Store(tmp_path).runs().is_empty()


def test_its_options_are_for_no_other_model(command, tmp_path):
    result = command("run", *SMALL, "model.trainer.gradient_clip_val=1", f"out={tmp_path}")
    assert (result.code, "options of model=lightning_module" in result.err) == (2, True)


def test_sharegaps_optimizer_is_no_part_of_its_runs(command, tmp_path):
    """A stored run is found again whatever that is, and its own learning rates are what counts."""
    for given in ([], ["optimizer=sgd"], ["training.clip_norm=1"], ["model.lr_factor=0.5"]):
        assert command(*WORDS, *given, f"out={tmp_path}").code == 0
    rates = [json.loads(config)["optimizer"] for config in Store(tmp_path).runs()["config"]]
    assert sorted(rate["lr"] for rate in rates) == [0.5, 1.0]


def test_a_suite_tunes_strengths_and_learning_rates(command, tmp_path):
    suite = {
        **{"name": "mine", "seeds": 1, "trials": 3, "tuning_seeds": 1, "learning_rates": [1, 3], "anchors": False},
        "methods": ["none", "hard", "soft"],
        "studies": {"mnist1d": ["dataset=mnist1d", *options(), *SMALL]},
    }
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "mine.yaml").write_text(yaml.safe_dump(suite))
    with pytest.warns(UserWarning, match="Classifier trains by its own .*: such runs are trained one by one") as warned:
        result = command("bench", "--config-dir", str(tmp_path), "suite=mine", "executor=inline", "keep=weights")
    assert (result.code, len(warned)) == (0, 1), result.err
    store = Store(tmp_path / "out")
    plan, _ = store.plan("mine")
    rows = plan.join(store.runs(), on="run")
    tried = rows.filter(method="none", phase="tune")["config"]
    assert {json.loads(config)["optimizer"]["lr"] for config in tried} >= {1.0, 3.0}
    assert all(store.model(run).is_dir() for run in rows["run"])
    assert (store.leaderboard("mine") / "index.html").exists()
