"""Locally connected layers: convolutions with one copy of the filters per output position."""

import math

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.independent import Independent
from sharegap.sharing.layers._unfold import convolve, flatten_filters, output_size, require_kernel_fits, unfold
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingFactory, shared_values, torch_init


def locally_connected(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Apply a convolution with different filters at each output position, in any number of dimensions.

    With equal copies it is the convolution.

    Args:
        x: (batch, in, *size).
        weight: (positions, out, in, *kernel), positions in row-major order of the output.
        bias: (positions, out).
        stride: Step along every dimension, >= 1.
        padding: Zeros on both sides of every dimension, >= 0.

    Returns:
        (batch, out, *output size).

    Example:
        >>> x, weight, bias = torch.ones(5, 1, 4), torch.ones(3, 2, 1, 2), torch.zeros(3, 2)
        >>> locally_connected(x, weight, bias).shape
        torch.Size([5, 2, 3])
    """
    kernel = tuple(weight.shape[3:])
    windows = unfold(x, kernel, stride, padding)
    # In place, which saves a tensor of the size of the outputs.
    outputs = torch.bmm(flatten_filters(weight), windows).add_(bias.unsqueeze(-1))
    grid = output_size(tuple(x.shape[2:]), kernel, stride, padding)
    return outputs.unflatten(0, grid).movedim(-1, 0).movedim(-1, 1)


class LocallyConnected(nn.Module):
    """Apply a filter of its own at each output position, the filters related by a sharing strategy.

    Hard sharing runs as a convolution. Weights and biases have the initial distribution of PyTorch's convolutions.

    Args:
        sharing: Relates the filters over positions.
        in_channels: Channels of the inputs.
        out_channels: Channels of the outputs.
        size: Size of the inputs, one number per dimension.
        kernel: Size of the kernel along every dimension, >= 1.
        stride: Step along every dimension, >= 1.
        padding: Zeros on both sides of every dimension, >= 0.
        depth: Number of shared layers before this one.

    Raises:
        UserError: If the kernel does not fit into the padded inputs.

    Example:
        >>> layer = LocallyConnected(Independent, 1, 4, size=(8, 8), kernel=3)
        >>> layer(torch.ones(5, 1, 8, 8)).shape, layer.weight().shape
        (torch.Size([5, 4, 6, 6]), torch.Size([36, 4, 1, 3, 3]))
    """

    def __init__(
        self,
        sharing: SharingFactory,
        in_channels: int,
        out_channels: int,
        size: tuple[int, ...],
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        depth: int = 0,
    ) -> None:
        super().__init__()
        require_kernel_fits(kernel, size, padding)
        self.kernels, self.stride, self.padding = (kernel,) * len(size), stride, padding
        self.output_size = output_size(size, self.kernels, stride, padding)
        self.site = Site("positions", self.output_size, depth, ordered=True)
        init = torch_init(in_channels * math.prod(self.kernels))
        self.weight = sharing(self.site, (out_channels, in_channels, *self.kernels), init)
        self.bias = sharing(self.site, (out_channels,), init)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, *size) -> (batch, out_channels, *output_size)."""
        shared = shared_values(self.weight, self.bias)
        if shared is None:
            return locally_connected(x, self.weight(), self.bias(), self.stride, self.padding)
        return convolve(x, *shared, self.stride, self.padding)

    def windows(self, x: Tensor) -> Tensor:
        """Return the windows of all positions of `x` (batch, in_channels, *size): (batch * positions, numbers)."""
        return unfold(x, self.kernels, self.stride, self.padding).movedim(-1, 0).flatten(0, 1)

    def filters(self) -> Tensor:
        """Return all filters as matrices for `windows`, (positions, out_channels, numbers)."""
        return flatten_filters(self.weight())


def as_locally_connected(
    convolution: nn.Conv1d | nn.Conv2d | nn.Conv3d, size: tuple[int, ...], sharing: SharingFactory = Independent
) -> LocallyConnected:
    """Return a locally connected layer whose filters all start as those of a convolution.

    Args:
        convolution: With one group, no dilation, zeros as padding, and the same kernel, stride and padding in every
            dimension.
        size: Size of the inputs, one number per dimension.
        sharing: Relates the filters over positions. It must start its copies as the initializer says, as
            `Independent` (default), `Soft` and `Hard` do.

    Raises:
        UserError: For any other convolution.

    Example:
        >>> convolution, x = nn.Conv1d(2, 3, kernel_size=3), torch.ones(5, 2, 9)
        >>> layer = as_locally_connected(convolution, size=(9,))
        >>> torch.allclose(layer(x), convolution(x), atol=1e-6)
        True
    """
    kernel, stride, padding = _uniform_options(convolution)
    channels = convolution.in_channels, convolution.out_channels
    layer = LocallyConnected(sharing, *channels, tuple(size), kernel, stride, padding)
    layer.weight = sharing(layer.site, tuple(convolution.weight.shape), _copy_from(convolution.weight))
    layer.bias = sharing(layer.site, (convolution.out_channels,), _copy_from(convolution.bias))
    # Device and dtype of the convolution, which the strategies do not know.
    return layer.to(convolution.weight)


def _uniform_options(convolution: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> tuple[int, int, int]:
    """The kernel, stride and padding that hold in every dimension; raises UserError where there are none."""
    plain = convolution.groups == 1 and set(convolution.dilation) == {1} and convolution.padding_mode == "zeros"
    options: list[tuple[int, ...] | str] = [convolution.kernel_size, convolution.stride, convolution.padding]
    uniform = []
    for option in options:
        # A padding by name, such as "same", is a string.
        if not isinstance(option, str) and len(set(option)) == 1:
            uniform.append(option[0])
    if not plain or len(uniform) < len(options):
        raise UserError(
            "convolution must have one group, no dilation, zeros as padding, and the same kernel, stride and padding "
            f"in every dimension, got {convolution}"
        )
    kernel, stride, padding = uniform
    return kernel, stride, padding


def _copy_from(source: Tensor | None) -> Init:
    """An initializer that copies `source`, or fills with zeros where there is none."""

    def init(copy: Tensor) -> Tensor:
        return copy.zero_() if source is None else copy.copy_(source.detach())

    return init
