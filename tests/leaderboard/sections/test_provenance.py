"""What made the figures is said on the page, with counts of runs where it is not one."""

import json
import platform

import polars as pl
import pytest

from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.sections.provenance import provenance_section
from sharegap.results import provenance
from sharegap.results.provenance import keep_origin
from sharegap.results.stored_file import write_table

METHODS = {"none": (0.8, 0.2, [None]), "soft": (0.9, 0.1, [0.1, 1.0])}


def facts(store):
    """The table as a mapping, and the notes."""
    section = provenance_section(load_report(store, "made_up"))
    [table] = section.tables
    return {row["fact"]: row["value"] for row in table.rows}, section.notes


@pytest.fixture
def suite(make_suite):
    """12 runs of 1.25 s: 8 measured ones and the tuning of soft."""
    suite = make_suite(methods=METHODS)
    for run, row in zip(suite.runs, suite.plan, strict=True):
        seed = row["seed"] + (1_000_000 if row["phase"] == "tune" else 0)
        run["config"] = json.dumps({"protocol": 3, "seed": seed})
    return suite


def split(store, number, **origin):
    """Store the first runs in a part of their own, with another origin."""
    table, metadata = store.read("fleet"), keep_origin(pl.read_parquet_metadata(store.part("fleet")))
    write_table(table.head(number), store.part("another"), metadata | origin)
    write_table(table.tail(-number), store.part("fleet"), metadata)


def test_one_origin_of_all_runs(suite, tmp_path):
    store = suite.store(tmp_path)
    said, notes = facts(store)
    versions = provenance.versions()
    assert said["command"] == "unknown"
    assert said["training time"] == "0:00:15 (hours:minutes:seconds)"
    assert said["runs"] == "12 finished of 12 planned"
    assert said["versions"].endswith(f"python {platform.python_version()}")
    assert said["commit"] == versions.get("commit", "unknown")
    assert said["protocol"] == "3"
    assert (said["tuning seeds"], said["measured seeds"]) == ("1,000,000 to 1,000,001", "0 to 3")
    assert ("+ had changes" in " ".join(notes)) == ("+" in said["commit"])


def test_several_origins_are_counted(suite, tmp_path):
    store = suite.store(tmp_path)
    hardware = {"cpu": "Xeon", "cores": 1, "gpus": ["H100", "H100"]}
    code = {"sharegap": "0.0.1", "commit": "abc1234+"}
    split(store, 3, hardware=json.dumps(hardware), versions=json.dumps(code), finished="2020-01-02T03:04:05+00:00")
    with pytest.warns(UserWarning, match=r"parts made by sharegap 0\.0\.1"):
        said, notes = facts(store)
    assert said["hardware"].endswith("; 2 × H100, Xeon, 1 usable core (3 runs)")
    assert said["versions"].endswith("; sharegap 0.0.1 (3 runs)")
    assert said["commit"].endswith("; abc1234+ (3 runs)")
    assert said["finished (UTC)"].startswith("2020-01-02 03:04 to 20")
    assert any("not committed" in note for note in notes)


def test_unknown_origin_is_said(suite, tmp_path):
    """Of parts and plans that an earlier version stored."""
    store = suite.store(tmp_path)
    write_table(store.read("fleet"), store.part("fleet"))
    plan, suite_facts = store.plan("made_up")
    write_table(plan, store.plans / "made_up.parquet", {"suite": json.dumps(suite_facts)})
    said, _ = facts(store)
    unknown = {name for name, value in said.items() if value == "unknown"}
    assert unknown == {"command", "finished (UTC)", "hardware", "versions", "commit"}


def test_unknown_dates_are_counted(suite, tmp_path):
    store = suite.store(tmp_path)
    table = store.read("fleet")
    split(store, 3)
    write_table(table.head(3), store.part("another"))
    assert facts(store)[0]["finished (UTC)"].endswith(" (unknown of 3 runs)")


def test_seeds_apart_are_ranges(suite, tmp_path):
    for run, seed in zip(suite.of("none"), (0, 1, 7, 100), strict=True):
        run["config"] = json.dumps({"seed": seed})
    assert facts(suite.store(tmp_path))[0]["measured seeds"] == "0 to 3, 7, 100"


def test_markdown_shows_it(suite, write):
    text = write(suite)["leaderboard.md"]
    assert "## Provenance" in text
    assert "12 finished of 12 planned" in text
