"""What a run is, and the corridor that finishes runs: Hydra configs in, stored rows out."""
