"""Networks with the same weights."""

import torch

from sharegap.metrics import unique_parameters


def assert_same(ours, theirs, *inputs):
    """That two networks have as many parameters, in the same order, and with the same weights the same outputs."""
    assert unique_parameters(ours) == unique_parameters(theirs)
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert mine.shape == other.shape
            other.copy_(mine.normal_(std=0.3))  # biases too, which may start at zero
        torch.testing.assert_close(ours(*inputs), theirs(*inputs))


def set_copies(hard, free):
    """Gives every copy of the unshared network `free` the weights of `hard`."""
    with torch.no_grad():
        for name, parameter in free.named_parameters():
            parameter.copy_(hard.get_parameter(name))
    return free


def outputs_on_own_inputs(representations):
    """What copy c makes of the inputs that copy c gets: (copies, batch * copies, ...) -> (batch, copies, ...)."""
    copies = len(representations)
    by_copy = representations.unflatten(1, (-1, copies))
    return torch.stack([by_copy[copy, :, copy] for copy in range(copies)], 1)
