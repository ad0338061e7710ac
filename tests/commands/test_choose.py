"""`sharegap choose`: the answer is right where it is known, and the model that is left predicts as its run did."""

import json

import numpy as np
import polars as pl
import pytest

import sharegap
from tests.answers import ANSWERS, choose, final_row, stored_score

QUICK = ("methods=[none,soft]", "training.evaluations=2", "executor=inline", "minutes=1000")
LENGTH = {
    "noise": ("trials=1", "seeds=4", "training.steps=40"),
    "linear": ("trials=1", "seeds=4", "training.steps=40"),
    "related": ("trials=3", "seeds=10", "training.steps=300"),
}


def ask(kind, folder, *options):
    """Ask about a table of a kind."""
    frame, own = ANSWERS[kind][0](0)
    frame.write_csv(folder / "mine.csv")
    return choose(folder, f"dataset.path={folder / 'mine.csv'}", *QUICK, *own, *LENGTH[kind], *options)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    """The folder in which the related tasks were asked about, with rows to predict, and what was said."""
    folder = tmp_path_factory.mktemp("related")
    frame, _ = ANSWERS["related"][0](0)
    frame.select("task", "x4", "x3", "x2", "x1", "x0").head(7).write_csv(folder / "new.csv")
    code, out, err = ask("related", folder, f"predict={folder / 'new.csv'}")
    assert code == 0, err
    return folder, out


def test_shared_structure_is_taken(chosen):
    folder, out = chosen
    answer = (folder / "choice" / "answer.txt").read_text()
    assert answer.startswith("Take soft at strength")
    assert "On the test part, which chose nothing, its R² is" in answer
    assert "adjusted" not in answer  # one method is compared
    assert answer.split()[:12] == out[out.index("Take soft") :].split()[:12]


@pytest.mark.parametrize("kind", ["noise", "linear"])
def test_nothing_more_than_needed(kind, tmp_path):
    code, _, err = ask(kind, tmp_path)
    assert code == 0, err
    assert (tmp_path / "choice" / "answer.txt").read_text().startswith(ANSWERS[kind][1])


def test_loaded_model_scores_as_its_run(chosen):
    """Its predictions of the test part have the R² that was stored when it was trained."""
    folder = chosen[0] / "choice"
    predictions = pl.read_csv(folder / "test_predictions.csv")
    stored, row = stored_score(folder), final_row(folder)
    y, predicted = predictions["y"].to_numpy(), predictions["predicted"].to_numpy()
    assert 1 - np.square(y - predicted).mean() / y.var() == pytest.approx(stored, abs=1e-5)
    config = json.loads(row["config"])
    assert (config["dataset"]["n_train"], config["dataset"]["n_validation"]) == (None, 0)


def test_new_rows_are_prepared_as_in_training(chosen):
    """By their names, whatever the order of columns, from a file and from a table."""
    folder = chosen[0]
    model = sharegap.load(folder / "choice")
    new = pl.read_csv(folder / "new.csv")
    expected = pl.read_csv(folder / "choice" / "predictions.csv")["predicted"].to_numpy()
    for rows in (folder / "new.csv", new, pl.read_csv(folder / "mine.csv").head(7)):
        np.testing.assert_allclose(model(rows)["predicted"].to_numpy(), expected, rtol=1e-5)
    with pytest.raises(sharegap.UserError, match="no column in the new rows 'x3'"):
        model(new.drop("x3"))
    with pytest.raises(sharegap.UserError, match="tasks of the new rows must be those of the training part, got 99"):
        model(new.with_columns(task=99))


def test_table_as_it_comes_is_prepared_alike(tmp_path):
    """Texts, dates, empty fields and tasks of classes; the rows of the test part are new rows, without the target."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({
        "size": [None if i % 7 == 0 else float(size) for i, size in enumerate(rng.normal(size=90))],
        "colour": rng.choice(["red", "blue"], 90),
        "when": [f"{i % 27 + 1:02}/0{i % 9 + 1}/2020" for i in range(90)],
        "task": rng.choice(["a", "b"], 90),
        "y": rng.choice(["no", "yes"], 90),
    })  # fmt: skip
    test = frame[::4].with_columns(pl.when(pl.col("size") < 0).then(None).otherwise("colour").alias("colour"))
    test = test.with_columns(pl.col("colour").replace({"red": "violet"}))
    files = {name: tmp_path / f"{name}.csv" for name in ("mine", "test", "new")}
    for name, rows in {"mine": frame, "test": test, "new": test.drop("y")}.items():
        rows.write_csv(files[name])
    data = [f"dataset.path={files['mine']}", f"dataset.test_path={files['test']}", "dataset.task_column=task"]
    search = ("trials=1", "seeds=2", "training.steps=6")
    code, _, err = choose(tmp_path, *data, *QUICK, *search, f"predict={files['new']}")
    assert code == 0, err
    folder = tmp_path / "choice"
    predictions, new = pl.read_csv(folder / "test_predictions.csv"), pl.read_csv(folder / "predictions.csv")
    assert new.equals(predictions.drop("y"))
    assert predictions["y"].equals(test["y"])
    assert sharegap.load(folder)(test).columns == ["predicted", "probability of no", "probability of yes"]
    assert (predictions["predicted"] == predictions["y"]).mean() == pytest.approx(stored_score(folder), abs=1e-6)


def test_card_says_data_splits_figures_and_command(chosen):
    card = (chosen[0] / "choice" / "model_card.md").read_text()
    for words in ("mine.csv: regression", "| none |", "| soft |", "*linear*", "sharegap choose", "sharegap.load("):
        assert words in card
    assert "all 576 samples of the training part" in card


def test_same_command_trains_nothing(chosen):
    code, out, err = ask("related", chosen[0])
    assert code == 0, err
    assert "runs are stored: nothing is left to train." in out
    assert "to train" not in err


def test_other_data_need_another_folder(chosen):
    code, _, err = ask("noise", chosen[0])
    ask("related", chosen[0], "minutes=0.01")  # writes the file as it was
    assert code == 2
    assert err.count("\n") == 1
    assert f"out must be a folder for these data, got {chosen[0] / 'choice'}, the one for mine.csv: name another" in err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("minuts=3", "there is no option 'minuts': did you mean minutes"),
        ("minutes=0", "minutes must be a finite number > 0, got 0"),
        ("minutes=0.001", "minutes must be enough to compare none and soft, about"),
        ("methods=[none,sofd]", "methods.1: there is no method 'sofd': did you mean soft"),
        ("methods=[soft,l2]", "methods must hold none and another method, got ['soft', 'l2']"),
        ("methods=[none,early_stopping]", "methods must be without early_stopping, whose weights are chosen on the"),
        ("sharing=soft", "methods=[...] names what is compared, e.g. methods=[none,soft]: leave out sharing=soft"),
        ("seeds=1", "seeds must be an integer >= 2, got 1"),
        ("predict=nowhere.csv", "the new rows must be an existing file, got nowhere.csv"),
        ("-m", "choose answers one question at a time: leave out -m"),
    ],
)
def test_mistakes_are_one_sentence(option, sentence, tmp_path):
    code, _, err = ask("noise", tmp_path, option)
    assert code == 2
    assert sentence in err
    assert err.count("sharegap: ") == 1
