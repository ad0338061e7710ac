"""The parts of this package do what sharegap relies on."""

from sharegap.testing import check_dataset, check_model, check_regularizer, check_strategy

MODELS = ["halves", "siamese"]  # without it, every model


def test_strategy():
    check_strategy("directions", models=MODELS)


def test_regularizer():
    check_regularizer("decoupled_decay", models=MODELS)


def test_model():
    check_model("halves")


def test_dataset():
    check_dataset("bumps")
