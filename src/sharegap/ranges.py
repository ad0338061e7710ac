"""Intervals of numbers as text, e.g. "[0, 1)"."""


def check_range(name: str, value: float, interval: str) -> float:
    return value
