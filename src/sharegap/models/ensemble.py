"""Several networks whose predictions are averaged."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sharegap.models.network import Network


class Ensemble(Network):
    """Average the predictions of networks that are trained independently on the same batches.

    Members differ by their initialization, and help as far as their errors differ (Hansen & Salamon 1990;
    Lakshminarayanan et al. 2017).

    Args:
        networks: The members.
        average: Makes one prediction (batch, *output_shape) of (members, batch, *output_shape).

    Example:
        >>> from sharegap.models import NetworkSpec, Residual
        >>> from sharegap.sharing import Hard
        >>> spec = NetworkSpec((1, 40), (10,), Hard)
        >>> members = [Residual(spec, width=8, depth=1) for _ in range(3)]
        >>> Ensemble(members, lambda outputs: outputs.mean(0))(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    def __init__(self, networks: Sequence[Network], average: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.average = average

    @property
    def members(self) -> list[Network]:
        """The networks that are trained separately."""
        members = []
        for network in self.networks:
            assert isinstance(network, Network)
            members.append(network)
        return members

    @property
    def smaller_ensembles(self) -> dict[int, Network]:
        """By size, those of the first two and three members: what fewer networks are worth."""
        return {size: Ensemble(self.members[:size], self.average) for size in (2, 3) if size < len(self.networks)}

    def forward(self, x: Tensor) -> Tensor:
        outputs = torch.stack([member(x) for member in self.members])
        # Predictions in half precision would lose digits in the average.
        return self.average(outputs.to(torch.promote_types(outputs.dtype, torch.float32)))

    def representations(self, x: Tensor) -> Tensor:
        """Those of all members, concatenated: (copies, samples, members · features)."""
        return torch.cat([member.representations(x) for member in self.members], dim=-1)
