"""Checks that a strategy, a regularizer, a model or a data set does what the rest of sharegap relies on.

Call them in a test of your own package, as scikit-learn's `check_estimator`:

    from sharegap.testing import check_strategy

    def test_my_strategy():
        check_strategy("my_strategy")

Names are choices of the config groups `sharing`, `regularizer`, `model` and `dataset`: those of sharegap, of installed
packages, and of the folder `config_dir`. A check raises AssertionError for what is broken, and UserError for what
cannot be read.
"""

from sharegap.testing.dataset import check_dataset
from sharegap.testing.model import check_model
from sharegap.testing.regularizer import check_regularizer
from sharegap.testing.strategy import check_strategy

__all__ = ["check_dataset", "check_model", "check_regularizer", "check_strategy"]
