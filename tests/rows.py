"""Rows of finished runs, between the long form that is stored and a wide one that a test can write down."""

from collections.abc import Mapping
from typing import Any

from sharegap.results import RUNS, MethodFacts, SuiteFacts
from sharegap.results.schema import SNAPSHOTS, SPLITS
from sharegap.results.wide import STANDARD_METRICS

CONTROLS = {"same_start": "start", "narrow": "parameters", "hard_permuted": "structure"}
CURVES = [(split, metric) for split in SPLITS for metric in ("loss", "score")]


def stored(wide: Mapping[str, Any]) -> dict[str, Any]:
    """A row in the columns of RUNS from one with `final_test_score`, `curve_train_loss` and `extra_metrics`."""
    row = {name: wide[name] for name in RUNS if name not in ("measurements", "curve")}
    measurements = list(wide.get("extra_metrics", []))
    for snapshot in SNAPSHOTS:
        for split in (None, *SPLITS):
            for metric in STANDARD_METRICS:
                name = "_".join(label for label in (snapshot, split, metric) if label)
                if wide.get(name) is not None:
                    labels = {"snapshot": snapshot, "split": split, "metric": metric}
                    measurements.append(labels | {"value": float(wide[name])})
    curve = []
    for split, metric in CURVES:
        values = wide.get(f"curve_{split}_{metric}") or []
        for step, value in zip(wide["curve_step"] or [], values, strict=False):
            curve.append({"step": step, "split": split, "metric": metric, "value": value})
    return row | {"measurements": measurements, "curve": curve}


def widened(row: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `stored`: what was not measured is None."""
    wide = {name: value for name, value in row.items() if name not in ("measurements", "curve")}
    wide["extra_metrics"] = []
    for snapshot in SNAPSHOTS:
        wide |= {f"{snapshot}_{metric}": None for metric in ("step", "relative_copy_distance", "cka")}
        wide |= {f"{snapshot}_{split}_{metric}": None for split in SPLITS for metric in ("score", "loss")}
    for measurement in row["measurements"]:
        if measurement["metric"] not in STANDARD_METRICS:
            wide["extra_metrics"].append(measurement)
            continue
        labels = [measurement[name] for name in ("snapshot", "split", "metric")]
        value = measurement["value"]
        if measurement["metric"] == "step":
            value = int(value)
        wide["_".join(label for label in labels if label)] = value
    wide["curve_step"] = list(dict.fromkeys(point["step"] for point in row["curve"]))
    for split, metric in CURVES:
        points = [point for point in row["curve"] if (point["split"], point["metric"]) == (split, metric)]
        wide[f"curve_{split}_{metric}"] = [point["value"] for point in points]
    return wide


def config_of(strength: float | None = None, **settings: Any) -> dict[str, Any]:
    """What the statistics read of a run's config."""
    return {
        "dataset": {"name": settings.get("dataset", "d"), "n_train": settings.get("n_train", 9)},
        "model": {"name": settings.get("model", "m")},
        "sharing": {"strength": strength},
        "optimizer": {"lr": settings.get("learning_rate")},
        "training": {"target_loss": settings.get("target_loss", 0.5)},
    }


def facts_of(name: str, methods: Mapping[str, Any], **facts: Any) -> SuiteFacts:
    """The facts of a suite whose methods all have their strength at the same path; `S+R` combines S and R."""
    declared: dict[str, MethodFacts] = {}
    for method in methods:
        sharing, plus, regularizer = method.partition("+")
        declared[method] = {
            "tunes": "sharing.strength",
            "path": "sharing" if method in ("none", "soft", "hard") else None,
            "path_position": {"none": 0.0, "hard": float("inf")}.get(method),
            "control": CONTROLS.get(method),
            "shares": sharing in ("soft", "hard", "hard_permuted"),
            "combines": [sharing, regularizer] if plus else None,
        }
    empty: SuiteFacts = {
        "name": name,
        "baseline": "none",
        "trials": 6,
        "tuning_seeds": 2,
        "methods": declared,
        "published": {},
        "deviations": {},
        "anchors": {},
        "negative_controls": [],
    }
    return {**empty, **facts}  # type: ignore[typeddict-item]
