"""Readers of file formats that trust nothing they read."""
