"""Generated options, suites, stored parts and checkpoints."""

import contextlib
import io
import pickle
import shutil
import sys
from functools import cache
from pathlib import Path

import polars as pl
import torch
import yaml
from hydra.core.global_hydra import GlobalHydra
from hypothesis import strategies as st

from sharegap import leaderboard
from sharegap.commands import bench, run
from sharegap.commands.explain import one_line_errors
from sharegap.errors import UserError
from sharegap.execute.build import build_fleet
from sharegap.execute.checkpoints import steps_left
from sharegap.execute.packing import Packing, fleet_name
from sharegap.results import Store
from sharegap.results.schema import FLEETS
from sharegap.results.stored_file import write_table
from sharegap.testing.runs import make_run
from sharegap.training.fit import fit
from tests.made_up_suite import Suite
from tests.soak import files

SMALL = ["training.steps=2", "training.evaluations=1", "dataset.n_train=50", "dataset.n_validation=20"]


def chance_of(draw):
    return files.Chance(draw(st.integers(0, 2**32)))


class Killed(BaseException):
    """What no handler expects, as a killed process."""


@cache
def resumed():
    """The run whose checkpoint is damaged."""
    return make_run(*SMALL, "training.steps=4", "training.evaluations=2")


@cache
def checkpoint() -> bytes:
    """What a fleet writes at an evaluation."""
    path, fleet = Path("first.ckpt").absolute(), build_fleet([resumed()])

    def stop(_):
        if fleet.global_step == 3:
            raise Killed

    with contextlib.suppress(Killed):
        fit(fleet, {"accelerator": "cpu"}, path, stop)
    content = path.read_bytes()
    path.unlink()
    return content


OPTIONS = ["dataset", "model", "sharing", "method", "regularizer", "optimizer", "trainer", "seed", "out", "logger"]
OPTIONS += ["sharing.strength", "training.steps", "training.evaluations", "training.batch_size", "optimizer.lr"]
OPTIONS += ["dataset.n_train", "dataset.n_validation", "dataset.path", "dataset.targets", "dataset.inputs"]
OPTIONS += ["model.network.layers", "regularizer.l2.strength", "trainer.precision", "dataset.augmentation", "x.y"]
OPTIONS += [
    "training",
    "dataset.load",
    "sharing.strategy._target_",
    "dataset.task",
    "model.network",
    "training.target_loss",
]
CHOICES = ["mnist1d", "digits", "local1d", "local2d", "residual", "soft", "hard", "independent", "l2", "dropout", "sgd"]
CHOICES += ["arrays", "table", "cpu", "gpu", "none", "early_stopping"]
VALUES = [
    "0",
    "1",
    "-1",
    "2",
    "3.0",
    "0.5",
    "1e-3",
    "1e400",
    "nan",
    "null",
    "???",
    "true",
    "[]",
    "[1,2]",
    "{a: 1}",
    "''",
]
VALUES += [
    "${seed}",
    "${nothing}",
    "${oc.env:HOME}",
    "[l2,dropout]",
    "[a",
    "a b",
    "é",
    "\\n",
    "'",
    '"',
    "range(3)",
    "1,2",
]
VALUES += [
    "os.system",
    "builtins.eval",
    "torch.nn.Linear",
    "../x",
    "/dev/null",
    "32-true",
    "16-mixed",
    "x" * 5000,
    "\x1b[31m",
]
SUITE_VALUES = [None, 0, -1, 1, 2.5, "x", [], {}, ["none"], ["none", "hard"], [0.3, 1], [1, 1], {"a": ["none"]}, True]
SUITE_VALUES += [
    float("nan"),
    "${seeds}",
    "${nothing}",
    "../x",
    "=1+1",
    [["a"]],
    {"mnist1d": {"none": {"test_score": 0.5}}},
]


USUAL = ["sharing=soft", "sharing=hard", "seed=3", "regularizer=[l2]", "regularizer=[dropout]", "training.steps=4"]
USUAL += ["optimizer.lr=0.1", "dataset.n_train=40", "trainer.precision=64-true", "sharing.strategy.copies_init=same"]


def typed(chance):
    """An option as someone types it."""
    if not chance.odd(0.9):
        return chance.choice(USUAL)
    value = chance.choice(CHOICES if chance.random() < 0.6 else VALUES)
    return f"{chance.choice(['', '', '', '', '+', '++', '~'])}{chance.choice(OPTIONS)}={value}"


def make_overrides(draw, folder):
    chance = chance_of(draw)
    options = [typed(chance) for _ in range(chance.choice([1, 1, 2, 3]))]
    if chance.random() < 0.05:
        options.append(chance.choice(["", "=", "a", "a=", "=b", "--", "-m", "\0=1", "a==b", "a=b=c"]))
    return run_command, (["run", *SMALL, *options, f"out={folder / 'out'}", "logger=none"],), 0


def make_suite(draw, folder):
    """A suite in a folder of one's own."""
    chance = chance_of(draw)
    suite = {
        "name": "mine",
        "overrides": SMALL,
        "seeds": 2,
        "methods": ["none", "hard"],
        "studies": {"mnist1d": ["dataset=mnist1d", "model=local1d"]},
    }
    keys = [
        *suite,
        "name",
        "baseline",
        "overrides",
        "learning_rates",
        "sizes",
        "exclude",
        "published",
        "tolerance",
        "more",
    ]
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        suite[chance.choice(keys)] = chance.choice(SUITE_VALUES)
    if chance.random() < 0.3:
        suite["studies"] = {chance.choice(["a", "../a", "a/b", "=1", ""]): [typed(chance)]}
    content = yaml.safe_dump(suite, allow_unicode=True).encode()
    place = folder / "data" / "conf" / "suite"
    shutil.rmtree(folder / "data", ignore_errors=True)
    place.mkdir(parents=True)
    content = files.damaged(chance, content) if chance.random() < 0.3 else content
    (place / "mine.yaml").write_bytes(content)
    words = ["bench", "--config-dir", str(place.parent), "suite=mine", f"out={folder / 'out'}", "logger=none"]
    return run_command, (words, content), len(content)


def run_command(words, *_):
    """Run a command up to its training: what it says must be one sentence."""
    said, main = io.StringIO(), {"run": run.start, "bench": bench.start}[words[0]]
    typed_words, sys.argv = sys.argv, ["sharegap", *words]
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), one_line_errors():
            main(words[1:])
    except SystemExit as stop:
        lines = [line for line in said.getvalue().splitlines() if line.strip()]
        if stop.code == 2 and lines:
            raise UserError(lines[-1]) from None
        if stop.code not in (0, None):
            raise RuntimeError(f"exit code {stop.code}: {said.getvalue()[-300:]}") from None
    finally:
        sys.argv = typed_words
        GlobalHydra.instance().clear()


@cache
def made_up():
    """The files of a small stored suite."""
    folder = Path("suite").absolute()
    Suite(seeds=2).store(folder)
    write_table(pl.DataFrame([("1", "a")], schema=FLEETS, orient="row"), Packing(folder).path)
    content = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}
    shutil.rmtree(folder)
    return content


def stored(out):
    """The small suite, in an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    for name, content in made_up().items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    return out


def make_part(draw, folder):
    """Stored results, damaged."""
    chance = chance_of(draw)
    out = stored(folder / "out")
    for name, content in made_up().items():
        if chance.random() < 0.05:
            content = files.parquet(chance)[0]
        (out / name).write_bytes(files.damaged(chance, content))
    odd = out / "results" / "odd.parquet"
    kind = chance.randrange(9)
    if kind == 0:
        odd.mkdir()
    elif kind == 1:
        odd.symlink_to("nowhere")
    elif kind == 2:
        odd.touch()
    return read_store, (out, chance.random() < 0.1), sum(map(len, made_up().values()))


def read_store(out, is_shown):
    """Read all that is stored, and write its page."""
    store = Store(out)
    store.runs()
    Packing(out).names()
    store.plan("made_up")
    if is_shown:
        leaderboard.write(store, "made_up", out / "leaderboard")


def make_checkpoint(draw, folder):
    """A fleet's checkpoint, damaged."""
    chance = chance_of(draw)
    content = checkpoint()
    for _ in range(chance.choice([0, 1, 2])):
        content = files.damaged(chance, content)
    if chance.random() < 0.2:
        stream = io.BytesIO()
        odd = chance.choice(
            [[1], {}, {"global_step": "x"}, {"global_step": 2}, 7, {"global_step": 10**30}, torch.ones(3)]
        )
        torch.save(odd, stream)
        content = chance.choice([stream.getvalue(), pickle.dumps(print), b"", b"PK\x03\x04"])
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    store, runs = Store(out), [resumed()]
    store.lock().release()
    store.checkpoint(fleet_name(runs)).write_bytes(content)
    return resume, (store, runs), len(content)


def resume(store, runs):
    """Go on with a fleet, as a command does."""
    checkpoint = store.checkpoint(fleet_name(runs))
    steps_left(runs, checkpoint)
    fit(build_fleet(runs), {"accelerator": "cpu"}, checkpoint)
