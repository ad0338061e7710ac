"""Work through generated examples of one kind in this process: `python -m tests.soak.worker KIND COUNT FOLDER`."""

import faulthandler
import json
import os
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sharegap.errors import UserError, printable

LIMIT = 20
"""Seconds of its own work after which an example hangs: the machine may have other work, too."""
GROWTH, FLOOR = 8, 64 * 2**20
"""How many times what a file holds may be taken, and what any file may take."""
MAX_KEPT = 20
"""Faults that are written down in full."""


@dataclass
class Record:
    """What has happened so far."""

    examples: int = 0
    refused: int = 0
    slowest: float = 0.0
    ratio: float = 0.0
    growth: int = 0
    faults: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)


def reset_peak():
    """Forget the most memory that was taken, and return what is taken now."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def status(name):
    """One of this process's measures of memory, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def listing(folder, left_out):
    """All files of a folder, but for those of some of its folders."""
    found = {}
    for parent, subfolders, names in os.walk(folder):
        subfolders[:] = [name for name in subfolders if Path(parent, name) not in left_out]
        for name in [*names, *subfolders]:
            stat = Path(parent, name).lstat()
            found[str(Path(parent, name))] = (stat.st_size, stat.st_mtime_ns if name in names else 0)
    return found


def sentence_of(run, arguments):
    """What a user is told of an example: empty where it works."""
    with warnings.catch_warnings(action="ignore"):
        try:
            run(*arguments)
        except UserError as error:
            return str(error)
    return ""


def check(record, make, data, folder):
    """Make one example, run it, and note what is not as it should be."""
    for path in (folder / "out", folder / "cache"):
        path.mkdir(exist_ok=True)
    run, arguments, size = make(data.draw, folder)
    before, memory, start = listing(folder, [folder / "out", folder / "cache"]), reset_peak(), time.process_time()
    faulthandler.dump_traceback_later(9 * LIMIT, exit=True)
    fault = ""
    try:
        sentence = sentence_of(run, arguments)
        record.refused += bool(sentence)
        record.sentences[" ".join(re.sub(r"\S*[/\d]\S*|'.*'", "…", sentence).split()[:14])] += 1
        if sentence and (printable(sentence) != sentence or len(sentence) > 2000 or not sentence.strip()):
            fault = f"no sentence: {sentence!r}"
    except BaseException as error:  # also what polars raises where its own code fails
        if isinstance(error, KeyboardInterrupt):
            raise
        place = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in place if "/sharegap/" in frame.filename] or place
        fault = f"{type(error).__name__} in {own[-1].name}: {str(error)[:200]}"
    faulthandler.cancel_dump_traceback_later()
    seconds, growth = time.process_time() - start, status("VmHWM") - memory
    if seconds > LIMIT:
        fault = fault or f"{seconds:.0f} s"
    if growth > GROWTH * size + FLOOR:
        fault = fault or f"{growth:,} bytes of memory for {size:,}"
    if listing(folder, [folder / "out", folder / "cache"]) != before:
        fault = fault or "wrote beside out"
    record.examples += 1
    record.slowest, record.growth = max(record.slowest, seconds), max(record.growth, growth)
    if size > 2**20:
        record.ratio = max(record.ratio, growth / size)
    if fault:
        record.kinds[fault.partition(":")[0]] += 1
        if record.kinds[fault.partition(":")[0]] <= 2 and len(record.faults) < MAX_KEPT:
            record.faults.append(f"{fault} <- {arguments!r:.600}")


def main(kind, count, folder):
    """Run `count` examples of a kind in a new folder, and print what happened as JSON."""
    faulthandler.enable()
    from tests.soak import kinds

    folder = Path(folder)
    os.chdir(folder)
    record, make = Record(), kinds.KINDS[kind]

    @seed(0)
    @settings(
        max_examples=int(count),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def examples(data):
        check(record, make, data, folder)

    kinds.warm_up(folder)
    examples()
    print(
        json.dumps(
            {
                "kind": kind,
                "examples": record.examples,
                "refused": record.refused,
                "slowest": round(record.slowest, 2),
                "ratio": round(record.ratio, 1),
                "growth": record.growth >> 20,
                "faults": record.faults,
                "counts": record.kinds,
                "sentences": dict(record.sentences.most_common(40)),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
