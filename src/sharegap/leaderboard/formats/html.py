"""The leaderboard as one HTML file without external resources."""

from collections.abc import Iterator, Sequence
from typing import Any

from sharegap.leaderboard.claims import study_claim
from sharegap.leaderboard.columns import COLUMNS, MARKS, P_VALUES
from sharegap.leaderboard.figures import StudyPaths, draw_cost, draw_error_vs_gap, draw_training_curves, to_svg
from sharegap.leaderboard.formats.matrix import MEASURES, make_matrix, matrix_data, pack
from sharegap.leaderboard.formats.templates import FOLDER, render
from sharegap.leaderboard.report import MANY_STUDIES, Report
from sharegap.leaderboard.sections.registry import study_sections
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
MATRIX = (
    "Without a star a difference may be chance. The gap is train − test score at the same weights; gap closed is the "
    "part of the baseline's gap that is closed."
)

RELOAD_SECONDS = 30
"""After which a page loads itself again while runs are being trained."""


def render_page(report: Report, sections: Sequence[Section], *, training: str = "") -> str:
    """Render the page of a suite with its `sections` and those of its studies; one that grows loads itself again."""
    methods = []
    for method in report.methods:
        methods.append({"name": method, "family": report.roles.family(method)})
    return render(
        "page.html.j2",
        script=(FOLDER / "page.js").read_text(encoding="utf-8"),
        suite=report.suite_name,
        baseline=report.baseline,
        progress=report.progress,
        reload_seconds=RELOAD_SECONDS if training else None,
        training=training,
        columns=[column for column in COLUMNS if column.show != "files"],
        marks=MARKS,
        matrix_note=MATRIX,
        p_values=P_VALUES,
        error=ERROR,
        matrix=make_matrix(report),
        measures=MEASURES,
        methods=methods,
        families=list(dict.fromkeys(method["family"] for method in methods)),
        sections=sections,
        studies=[_render_study(study, has_pictures=not report.has_many_studies) for study in report.studies],
        many_studies=MANY_STUDIES if report.has_many_studies else None,
        is_table=bool(report.notes),
        data=pack(matrix_data(report)),
        svg=to_svg,
        css_class=_css_class,
    )


def _render_study(study: Report, *, has_pictures: bool) -> dict[str, Any]:
    return {
        "name": study.study_name,
        "claim": study_claim(study),
        "sections": study_sections(study),
        "pictures": list(_draw_pictures(study)) if has_pictures else [],
    }


def _draw_pictures(study: Report) -> Iterator[Picture]:
    selected = dict(study.leaderboard.select("method", "strength").iter_rows())
    paths = StudyPaths(study.by_strength, selected, study.styles, study.baseline, study.roles.sharing_path)
    yield Picture("Test error vs. gap", ERROR_VS_GAP, draw_error_vs_gap(study.leaderboard, study.styles))
    yield Picture("Test error vs. cost", COST, draw_cost(study.leaderboard, study.styles))
    yield Picture("From independent to hard sharing", SHARING_PATH, paths.draw_sharing_path())
    yield Picture("Regularization paths", REGULARIZATION_PATHS, paths.draw_regularization_paths())
    yield Picture("Training curves", TRAINING_CURVES, draw_training_curves(study.selected_runs, study.styles))


def _css_class(family: str) -> str:
    """Return the class of a family of methods, e.g. `family-sharing-and-regularizer`."""
    return f"family-{family.replace(' ', '-')}"
