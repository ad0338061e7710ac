"""Readers of file formats that check everything they read."""
