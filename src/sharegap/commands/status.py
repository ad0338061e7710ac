"""What is being trained in an output folder: `sharegap status out=outputs`, from any terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console

from sharegap.commands.arguments import parse_options
from sharegap.errors import UserError, printable


def start(arguments: Sequence[str]) -> None:
    """Print what is done, what each worker does, what has failed, and how long the rest takes."""
    out = Path(parse_options(arguments, {"out": "outputs"})["out"])
    console = Console(highlight=False)
    for line in _describe(out):
        console.print(printable(line), markup=False, soft_wrap=True)


def _describe(out: Path) -> Iterator[str]:
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap.execute.estimate import clock_time, count, duration
    from sharegap.execute.job_file import JobFile
    from sharegap.execute.outlook import Outlook
    from sharegap.results import Store

    job_file = JobFile(out)
    job = job_file.read()
    if job is None:
        raise UserError(f"nothing is being trained in {out}: `sharegap leaderboard out={out}` shows what is stored")
    job.take_over()
    queue = job.open_queue()
    view = Outlook(queue, Store(out), job.folder).look()
    failed = queue.failed_fleets()
    runs = view.planned + view.to_come
    about = "about " if view.to_come else ""
    line = f"{view.done:,} of {about}{count(runs, 'run')} stored, {count(len(view.fleets), 'fleet')} left"
    if view.fleets and view.statuses and view.seconds_in_all is not None:
        seconds = view.seconds_in_all / len(view.statuses)
        line += f": about {duration(seconds)} (to about {clock_time(datetime.now(), seconds)})"
    yield line
    for status in view.statuses:
        doing = f"{status.title}, {status.share:.0%}" if status.title else "waits"
        yield f"{status.worker}: {doing}"
    for name, attempts in failed.items():
        yield f"failed: {attempts.title} ({attempts.error}), see {queue.attempts.place(name)}"
    if view.fleets and not view.statuses:
        yield "the workers are starting" if job_file.is_led() else "nobody is at work: the same command resumes"
