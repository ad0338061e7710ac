"""Sharing in a network that is not trained yet: copies are drawn as the network draws its own weights."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

import torch
from torch import Tensor, nn

from sharegap.sharing._site_names import find_submodules
from sharegap.sharing._site_parameters import ParameterCopies, find_parameters
from sharegap.sharing.share import put_weights, require_weights_alone
from sharegap.sharing.shared_sites import SharedSites
from sharegap.sharing.strategy import Init, SharingFactory

Sites = Mapping[str, str | Sequence[str]]


def share_drawn(make: Callable[[], nn.Module], sites: Sites, strategy: SharingFactory) -> tuple[nn.Module, SharedSites]:
    """Build a network whose copies begin with what its submodules are drawn with, one after the other.

    A strategy that draws more than the network has submodules takes those of a further network: so custom
    initializations hold, too, which the modules by themselves do not know.

    Args:
        make: builds the network; each call draws anew.
        sites: by the name of each site, its submodules, as `share` takes them.
        strategy: relates the copies; its strength is set later.

    Returns:
        The network, and what holds the weights of its sites.

    Raises:
        UserError: For submodules that cannot be copies of one site, or a strategy that relates more than weights.
    """
    module = make()
    draws = _Draws(make, sites)
    draws.add(module)
    parameters = find_parameters(module, find_submodules(module, sites))
    weights = []
    for copies in parameters:
        parameter = copies.parameter
        weight = strategy(copies.site, tuple(parameter.shape), draws.init(copies))
        require_weights_alone(weight)
        weights.append(weight.to(parameter.device, parameter.dtype))
    return module, put_weights(module, parameters, weights)


class _Draws:
    """The numbers of the submodules of a network, and of further networks where these are not enough."""

    def __init__(self, make: Callable[[], nn.Module], sites: Sites) -> None:
        self.make, self.sites = make, sites
        self.submodules: dict[str, list[nn.Module]] = {site: [] for site in sites}

    def add(self, module: nn.Module) -> None:
        for site, submodules in find_submodules(module, self.sites).items():
            self.submodules[site] += submodules.values()

    def init(self, copies: ParameterCopies) -> Init:
        """Return what fills one tensor after the other as the submodules have drawn this parameter."""
        submodules, numbers = self.submodules[copies.site.name], count()

        def fill(tensor: Tensor) -> None:
            index = next(numbers)
            if index == len(submodules):
                self.add(self.make())
            with torch.no_grad():
                tensor.copy_(submodules[index].get_parameter(copies.name))

        return fill
