"""Data sets as tensors, split indices, readers of file formats. Plain PyTorch and numpy."""
