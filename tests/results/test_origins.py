"""What made the finished runs is stored beside them, and says nothing of who and where."""

import json
import platform
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from sharegap.results import Store, provenance
from sharegap.results.origins import ORIGINS, read_origins
from sharegap.results.schema import RUNS, VERSION
from sharegap.results.stored_file import write_table
from tests.results.conftest import row


@pytest.fixture
def store(tmp_path):
    stored = Store(tmp_path)
    with stored.lock():
        yield stored


def test_each_run_has_its_origin(store):
    begin = datetime.now(UTC)
    store.append("a", [row("1"), row("2")])
    store.append("b", [row("2"), row("3")], gpus=["NVIDIA H100"])
    origins = read_origins(store)
    assert origins.schema == ORIGINS
    assert origins["run"].to_list() == store.runs()["run"].to_list()
    assert origins["gpus"].to_list() == [[], [], ["NVIDIA H100"]]
    assert origins["python"].unique().to_list() == [platform.python_version()]
    for name, version in provenance.versions().items():
        assert origins[name].unique().to_list() == [version]
    for finished in origins["finished"]:
        assert timedelta(seconds=-1) < finished - begin < timedelta(minutes=1)


def test_hardware_is_named(store):
    store.append("a", [row("1")])
    [origin] = read_origins(store).to_dicts()
    assert origin["cpu"]
    assert origin["cores"] >= 1


def test_host_and_user_are_not_stored(store):
    store.append("a", [row("1")])
    metadata = pl.read_parquet_metadata(store.part("a"))
    assert metadata.keys() - {"ARROW:schema"} == {"sharegap_schema", "versions", "hardware", "finished"}
    assert json.loads(metadata["hardware"]).keys() == {"cpu", "cores", "gpus"}
    assert json.loads(metadata["versions"]) == provenance.versions()


def test_origin_of_an_earlier_version_is_unknown(store):
    versions = {"versions": json.dumps({"sharegap": "0.0.1", "torch": "2.0"})}
    write_table(pl.DataFrame([row("1")], schema=RUNS), store.part("a"), versions)
    write_table(pl.DataFrame([row("2")], schema=RUNS), store.part("b"))
    first, second = read_origins(store).to_dicts()
    assert {name: value for name, value in first.items() if value} == {"run": "1", "sharegap": "0.0.1", "torch": "2.0"}
    assert {name: value for name, value in second.items() if value} == {"run": "2"}


def test_origin_stays_where_runs_are_set_aside(store):
    store.append("a", [row("1"), row("2")], gpus=["NVIDIA H100"])
    before = read_origins(store).filter(run="1")
    store.set_aside(["2"])
    assert read_origins(store).equals(before)


@pytest.mark.parametrize(
    "damaged", [{"hardware": "{"}, {"hardware": "[1]"}, {"versions": "null"}, {"finished": "2026-13-01"}]
)
def test_damaged_origin_is_unknown(store, damaged):
    """The rows are sound, and stay."""
    write_table(pl.DataFrame([row("1")], schema=RUNS), store.part("a"), damaged)
    [origin] = read_origins(store).to_dicts()
    assert {name: value for name, value in origin.items() if value} == {"run": "1"}


def test_unreadable_parts_are_left_out(store):
    store.append("a", [row("1")])
    store.part("b").write_bytes(b"PAR1")
    write_table(pl.DataFrame([row("3")], schema=RUNS), store.part("c"))
    store.part("c").write_bytes(store.part("c").read_bytes()[:-20])
    (store.parts / f"d.v{VERSION - 1}.parquet").touch()
    assert read_origins(store)["run"].to_list() == ["1"]
    assert read_origins(Store(store.folder / "nothing")).is_empty()
