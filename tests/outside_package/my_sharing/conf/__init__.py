"""The configs, a folder per group."""
