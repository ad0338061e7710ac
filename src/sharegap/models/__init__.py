"""One network per site, built from the layers of `sharegap.sharing`. Plain PyTorch."""

from sharegap.models.local import LocalNet

__all__ = ["LocalNet"]
