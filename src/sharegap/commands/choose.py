"""Which method to take for data of one's own, and the model: `sharegap choose dataset=table dataset.path=mine.csv`."""

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from omegaconf import DictConfig
from rich.console import Console

from sharegap.atomic import write_atomic
from sharegap.commands.arguments import describe_command, parse
from sharegap.commands.bench import train_suite
from sharegap.commands.program import run_program
from sharegap.errors import UserError
from sharegap.plan.environment import check_environment
from sharegap.plan.question import (
    QuestionOptions,
    compose_question,
    read_question,
    run_config,
    run_options,
    study_name,
)
from sharegap.plan.run import Run
from sharegap.plan.suite import ComposedSuite

if TYPE_CHECKING:
    from sharegap.execute.driver import Driver
    from sharegap.execute.settled import Settled
    from sharegap.leaderboard.report import Report

ANSWER, CARD = "answer.txt", "model_card.md"


def start(arguments: Sequence[str]) -> None:
    """Compare methods on data of one's own, say which to take, and leave the model."""
    typed = parse(arguments)
    if {"-m", "--multirun"} & set(typed.flags):
        raise UserError("choose answers one question at a time: leave out -m")
    task = partial(main, typed=typed.overrides, command=describe_command("choose", arguments))
    run_program(task, "choose", arguments)


def main(config: DictConfig, typed: Sequence[str], command: str) -> None:
    """Answer the question, and leave the answer and the model in `out`.

    Args:
        config: what the options say.
        typed: the options as they were typed.
        command: what was typed, which is stored.
    """
    check_environment(config)
    question = read_question(config, typed)
    run, study, options = Run.of(run_config(config)), study_name(config), run_options(typed)
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap.execute.contest import open_contest
    from sharegap.execute.driver import open_driver
    from sharegap.execute.final_model import check_data
    from sharegap.execute.hardware import is_one_process
    from sharegap.execute.settled import Settled, settle

    if not is_one_process(config.trainer):
        raise UserError("trainer must be one process on one device: the time that a run takes decides what is compared")
    with open_driver(config) as driver:
        check_data(run, question.predict)
        settled = settle(
            driver.store.folder,
            run,
            question,
            options,
            lambda: Settled.of(open_contest(config, study, options, question.methods), question),
        )
        suite = compose_question(study, settled.options, settled.methods, settled.size, config.trainer.precision)
        report = train_suite(driver, suite, command, fresh=config.fresh)
        assert report  # there is one process
        _leave(driver, suite, report.study(study), settled, question, fresh=config.fresh)


def _leave(
    driver: "Driver",
    suite: ComposedSuite,
    study: "Report",
    settled: "Settled",
    question: QuestionOptions,
    *,
    fresh: bool,
) -> None:
    """Decide, train the model that is left, write all files, and print the answer."""
    from sharegap.execute import final_model
    from sharegap.execute.build import load_dataset
    from sharegap.execute.saved_model import load_call
    from sharegap.leaderboard.answer import Search, explain_choice
    from sharegap.leaderboard.model_card import ModelFacts, write_card
    from sharegap.results.choice import decide, validation_by_name
    from sharegap.results.selection import validation_scores

    store, folder = driver.store, driver.store.folder
    runs = store.runs()
    methods, anchors = validation_by_name(study.study_name, study.selected_runs, study.facts, runs)
    plan = suite.plan(validation_scores(runs))
    measured = {row["method"]: plan.runs[row["run"]] for row in plan.table.filter(phase="measure").to_dicts()}
    n_train, n_validation, sample = final_model.describe_split(measured[study.baseline], study.score_name)
    ratio = n_validation / n_train
    controls = [*study.roles.controls.values()]
    decision = decide(methods, anchors, baseline=study.baseline, controls=controls, ratio=ratio, sample=sample)
    is_one_split = load_dataset(measured[study.baseline]).order is not None
    answer = explain_choice(study, decision, Search(ratio, settled.cut, settled.left_out, is_one_split))

    run = final_model.final_run(measured[decision.network], question.members)
    model, row = final_model.train_final_model(driver, run, fresh=fresh)
    dataset = load_dataset(run)
    written = final_model.write_predictions(model, dataset, folder, question.predict)
    split = {"n_train": n_train, "n_validation": n_validation, "n_all": len(dataset.y)}
    is_table = bool(dataset.preparation and dataset.preparation["inputs"])
    example = '"new.csv"' if is_table else "x"
    load = load_call(folder, run.config)
    facts = ModelFacts(
        answer,
        dataset.description,
        split,
        row,
        run.config,
        decision.network,
        load,
        example,
        version("sharegap"),
    )
    write_atomic(folder / CARD, write_card(study, facts).encode())
    write_atomic(folder / ANSWER, f"{answer}\n".encode())
    console = Console(highlight=False)
    console.print(f"\n{answer}\n", markup=False)
    for path in (*written, folder / CARD):
        console.print(f"{path}", markup=False, soft_wrap=True)
    console.print(f"The model: {load}", markup=False, soft_wrap=True)
