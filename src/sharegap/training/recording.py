"""Computations that are recorded once as a list of tensor operations, and replayed."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

Outputs = Sequence[Tensor | None]


class Recording:
    """Call a function without gradients, from the second time on by replaying its tensor operations.

    Modules, `vmap` and autograd then take time once. What is replayed are the same operations, so the numbers are the
    same bit for bit. A function whose course depends on numbers in its tensors cannot be recorded, and is called each
    time.

    Args:
        function: reads and changes tensors, always the same ones; everything else must be as it was at first.
        tensors: those that change between calls. They keep their place.

    Example:
        >>> total = torch.zeros(())
        >>> add = Recording(lambda: [total.add_(2)], [total])
        >>> [add()[0].item() for _ in range(3)]
        [2.0, 4.0, 6.0]
    """

    def __init__(self, function: Callable[[], Outputs], tensors: Sequence[Tensor]) -> None:
        self.function, self.tensors = function, tensors
        self.replay: Callable[..., Outputs] | None = None
        self.can_be_recorded = True

    @torch.no_grad()
    def __call__(self) -> Outputs:
        """Return what the function returns."""
        if self.replay is not None:
            return self.replay(*self.tensors)
        return self._record() if self.can_be_recorded else self.function()

    def _record(self) -> Outputs:
        before = [tensor.detach().clone() for tensor in self.tensors]
        outputs: list[Outputs] = []

        def function(*_: Tensor) -> Outputs:
            outputs.append(self.function())
            return outputs[0]

        try:
            self.replay = make_fx(function)(*self.tensors).forward
        except Exception:  # whatever a user's module raises where it is given a tensor that is being recorded
            self.can_be_recorded = False
            for tensor, value in zip(self.tensors, before, strict=True):
                tensor.copy_(value)
            return self.function()
        return outputs[0]
