"""The leaderboard as one HTML file without external resources."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sharegap.leaderboard.columns import COLUMNS, MARKS, P_VALUES
from sharegap.leaderboard.figures import StudyPaths, draw_cost, draw_error_vs_gap, draw_training_curves, to_svg
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.controls import rival_controls
from sharegap.leaderboard.sections.registry import study_sections
from sharegap.leaderboard.sections.run_list import list_trials
from sharegap.leaderboard.sections.section import Picture, Section
from sharegap.results.study_errors import ERROR

ERROR_VS_GAP = "Lower is better; further left is only better if it is also lower. Bars are 95 % intervals over seeds."
COST = (
    "Lower left is better. Named methods are on the dashed line, the Pareto front: no other method is at least as good "
    "in both and better in one. Bars are 95 % intervals over seeds. Seconds are of training, on the machine used."
)
OVER_TUNING_SEEDS = (
    "Means over the tuning seeds (of a method that was not tuned: the measured ones), all at one learning rate; 95 % "
    "intervals from three seeds on, no point where a run diverged. The table has the chosen strength on fresh seeds."
)
SHARING_PATH = (
    "From independent copies (ρ = 0, the baseline) through soft sharing to hard sharing (ρ = 1). "
    f"{OVER_TUNING_SEEDS} The copy distance is relative to the copies' mean; CKA is 1 if all copies represent the same "
    "features."
)
REGULARIZATION_PATHS = f"On a logarithmic axis of strengths. {OVER_TUNING_SEEDS}"
TRAINING_CURVES = (
    "Means over the measured seeds, in eval mode on clean data. A line ends where its first seed stopped. Test against "
    "train: methods at equal training lie above one another, and the distance from the diagonal is the gap."
)

FOLDER = Path(__file__).parent
RELOAD_SECONDS = 30
"""After which a page loads itself again while runs are being trained."""


def render_page(report: Report, sections: Sequence[Section], *, is_growing: bool = False) -> str:
    """Render the page of a suite with its `sections` and those of its studies; one that grows loads itself again."""
    templates = Environment(
        loader=FileSystemLoader([FOLDER, FOLDER.parent / "figures"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["svg"] = to_svg
    switches = []
    for method in report.methods:
        switches.append({"method": method, "color": report.styles[method].color})
    return templates.get_template("page.html.j2").render(
        suite=report.suite_name,
        baseline=report.baseline,
        progress=report.progress,
        reload_seconds=RELOAD_SECONDS if is_growing else None,
        columns=[column for column in COLUMNS if column.show != "files"],
        marks=MARKS,
        p_values=P_VALUES,
        error=ERROR,
        sections=sections,
        studies=[_render_study(study) for study in report.studies],
        switches=switches,
    )


def _render_study(study: Report) -> dict[str, Any]:
    first = study.rows[0]
    rivals = [control for control, methods in rival_controls(study).items() if first["method"] in methods]
    return {
        "name": study.study_name,
        "rivals": rivals,
        "leader": None if first["test_score"] is None or not first["study_complete"] else first["method"],
        "sections": study_sections(study),
        "pictures": list(_draw_pictures(study)),
        "trials": list_trials(study),
    }


def _draw_pictures(study: Report) -> Iterator[Picture]:
    selected = dict(study.leaderboard.select("method", "strength").iter_rows())
    paths = StudyPaths(study.by_strength, selected, study.styles, study.baseline, study.roles.sharing_path)
    yield Picture("Test error vs. gap", ERROR_VS_GAP, draw_error_vs_gap(study.leaderboard, study.styles))
    yield Picture("Test error vs. cost", COST, draw_cost(study.leaderboard, study.styles))
    yield Picture("From independent to hard sharing", SHARING_PATH, paths.draw_sharing_path())
    yield Picture("Regularization paths", REGULARIZATION_PATHS, paths.draw_regularization_paths())
    yield Picture("Training curves", TRAINING_CURVES, draw_training_curves(study.selected_runs, study.styles))
