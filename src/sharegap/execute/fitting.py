"""Which models can take a data set: those whose networks can be built for it."""

from collections.abc import Sequence

import torch
from hydra import compose
from hydra.errors import InstantiationException
from hydra.utils import instantiate

from sharegap.models import NetworkSpec
from sharegap.models.network import IncompatibleShapeError
from sharegap.plan.configs import choices
from sharegap.sharing import Independent


def compatible_models(sample_shape: Sequence[int], output_shape: Sequence[int]) -> list[str]:
    """The names of conf/model/ whose networks take samples and give outputs of these shapes, by name.

    Hydra must be initialized with the project's configs, as in a Hydra program.
    """
    return [name for name in sorted(choices("model")) if _fits(name, sample_shape, output_shape)]


def _fits(model: str, sample_shape: Sequence[int], output_shape: Sequence[int]) -> bool:
    options = compose(f"model/{model}").model.network
    try:
        with torch.device("meta"):
            instantiate(options, NetworkSpec(sample_shape, output_shape, Independent), _convert_="all")
    except InstantiationException as error:
        # Where it is only too large for these, other numbers than the defaults may do.
        return not isinstance(error.__cause__, IncompatibleShapeError)
    return True
