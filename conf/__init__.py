"""The Hydra configs: one folder per group, one file per choice."""
