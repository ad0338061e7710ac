"""Layers whose weights have copies, and layers that read another layer's weights."""
