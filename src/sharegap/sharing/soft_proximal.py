"""Soft sharing by a proximal step with strength λ."""

from torch import Tensor

from sharegap.sharing.independent import Independent


def proximal_l2(weight: Tensor, amount: Tensor) -> Tensor:
    """Return the change of `weight` (copies, *shape) by the proximal operator of the l2 distance.

    weight minus the result minimizes ½ Σ‖u_c − w_c‖² + amount · ½ Σ‖u_c − ū‖² over u. It keeps the mean and divides
    the deviations from it by 1 + amount.
    """
    # amount / (1 + amount) goes to 1 as λ grows, so the step never overshoots the mean.
    return (weight - weight.mean(0)) * (amount / (1 + amount))


class SoftProximal(Independent):
    """Move copies towards their mean after each step of the optimizer, in closed form.

    The proximal form of `SoftPenalty` with the l2 distance (Parikh & Boyd 2014). It is stable at every λ. A large
    penalty is not: an adaptive optimizer scales all gradients down by that of the penalty, and the loss has no effect.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy.
        copies_init: "independent" (default) or "same".

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from sharegap.sharing import Site
        >>> weight = SoftProximal(Site("tasks", (2,)), (1,), nn.init.normal_)
        >>> weight.load_state_dict({"value": Tensor([[1.0], [3.0]])})
        <All keys matched successfully>
        >>> weight.set_strength(10)
        >>> with torch.no_grad():
        ...     weight.pull(torch.tensor(0.1), steps=1)  # deviations from the mean 2 are halved
        >>> weight().flatten().tolist()
        [1.5, 2.5]
    """

    approaches_hard = True

    def pull(self, lr: Tensor, steps: int) -> None:
        self.value.sub_(proximal_l2(self.value, lr * self.strength))
