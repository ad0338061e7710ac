"""Several networks whose predictions are averaged."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sharegap.models.network import Network


class Ensemble(Network):
    """Predicts with the average of `networks`, which are trained side by side and know nothing of each other.

    `average` makes one prediction (batch, *output_shape) of those of all, (members, batch, *output_shape). Members
    differ by their initialization, see the same batches, and help as far as their errors differ.
    Source: Hansen and Salamon 1990; Lakshminarayanan et al. 2017.
    """

    def __init__(self, networks: Sequence[Network], average: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.average = average

    @property
    def members(self) -> list[Network]:
        return [network for network in self.networks if isinstance(network, Network)]

    def forward(self, x: Tensor) -> Tensor:
        outputs = torch.stack([member(x) for member in self.members])
        return self.average(outputs.to(torch.promote_types(outputs.dtype, torch.float32)))

    def representations(self, x: Tensor) -> Tensor:
        """Those of all members side by side: (copies, samples, members · features)."""
        return torch.cat([member.representations(x) for member in self.members], dim=-1)
