"""Which task a sample belongs to, as a part of its inputs."""

import numpy as np
import torch
from torch import Tensor


def with_task(x: Tensor, task: np.ndarray) -> Tensor:
    """Append the task of each sample to its features.

    Args:
        x: inputs (samples, ...), which are flattened.
        task: (samples,) integers.

    Returns:
        (samples, features + 1); the last column is the task.
    """
    return torch.cat([x.flatten(1), torch.from_numpy(task).to(x.dtype).unsqueeze(1)], 1)


def task_of(x: Tensor) -> Tensor:
    """Return the task of each sample of `with_task`: (..., features + 1) -> (...), integers."""
    return x[..., -1].long()
