"""Trackers: views of the store in W&B or elsewhere. No torch."""
