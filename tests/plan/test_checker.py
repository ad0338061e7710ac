"""A mistake in a file is named with the file; one on the command line blames none."""

import pytest

from sharegap.errors import UserError
from sharegap.plan.config_files import is_referred_to
from sharegap.plan.configs import choices, compose_choices, open_configs
from sharegap.plan.run import Run
from sharegap.plan.schema import read_suite

DATASET = """# @package _global_
dataset:
  name: mine
  n_train: 400
  n_validation: 100
  load: {_target_: sharegap.data.sets.digits}
  task: {_target_: sharegap.tasks.ClassificationTask}
  augmentation: null
"""
MODEL = """name: mine
scaled_sizes: [widths]
network:
  _target_: sharegap.models.MultiTaskNet
  widths: [64]
"""
SHARING = """name: mine
strength: 0.1
range: "[0, inf)"
grid: [0.1, 1]
tunes: sharing.strength
strategy: {_target_: sharegap.sharing.Soft, _partial_: true}
"""
REGULARIZER = """mine:
  _target_: my_package.Mine
  strength: 0.1
  range: "[0, 1)"
  grid: [0.1, 0.2]
  shape: round
"""
METHOD = """# @package _global_
defaults: [soft]
method: {combines: [hard, l2]}
"""
SUITE = """name: mine
seeds: 2
methods: [none, hard]
studies:
  first: [dataset=digits, model=local2d]
"""
FILES = {
    "dataset": DATASET,
    "model": MODEL,
    "sharing": SHARING,
    "regularizer": REGULARIZER,
    "method": METHOD,
    "suite": SUITE,
}
MISTAKES = {
    ("dataset", "n_train", "n_trian"): "there is no option of dataset 'n_trian': did you mean n_train?",
    ("dataset", "dataset:", "datset:"): "there is no option 'datset': did you mean dataset?",
    ("dataset", "  name: mine\n", ""): "dataset.name is missing",
    ("dataset", "  task: {_target_: sharegap.tasks.ClassificationTask}\n", ""): "dataset.task is missing",
    ("dataset", "400", "many"): "dataset.n_train must be a number, got 'many'",
    ("dataset", "augmentation: null", "augmentation: 3"): "dataset.augmentation must be a section of options, got 3",
    ("dataset", "dataset:", "training: {stesp: 9}\ndataset:"): "no option of training 'stesp': did you mean steps?",
    ("dataset", "dataset:", "training: {steps: 0}\ndataset:"): "training.steps must be an integer >= 1, got 0",
    ("model", "scaled_sizes", "scaled_size"): "there is no option of model 'scaled_size': did you mean scaled_sizes?",
    ("model", "[widths]", "[width]"): "no option of the network 'width': did you mean widths",
    ("model", "_target_", "target"): "model.network._target_ is missing",
    ("sharing", "strength: 0.1", "stength: 0.1"): "there is no option of sharing 'stength': did you mean strength?",
    ("sharing", "grid: [0.1, 1]", "grid: [0.1, -1]"): "sharing.grid must be in [0, inf), got -1",
    ("sharing", "grid:", "bounds: [0.1]\ngrid:"): "sharing.bounds must be two numbers, the weakest first, got [0.1]",
    ("sharing", "tunes: sharing.strength\n", ""): "sharing.tunes must be the path of the option that sharing.grid",
    ("sharing", "tunes: sharing.strength", "tunes: sharing.stength"): "no option 'sharing.stength': did you mean",
    ("sharing", "_target_: sharegap.sharing.Soft, ", ""): "sharing.strategy._target_ is missing",
    ("sharing", "tunes:", "path_position: -1\ntunes:"): "sharing.path_position must be in [0, inf], got -1",
    ("regularizer", "  strength", "  stength"): "regularizer.mine.strength is missing",
    ("regularizer", "strength: 0.1", "strength: 2"): "regularizer.mine.strength must be in [0, 1), got 2",
    ("method", "combines", "combine"): "there is no option of method 'combine': did you mean combines?",
    ("method", "hard, ", ""): "method.combines must be two methods, the sharing method first, got ['l2']",
    ("method", "combines", "control"): "method.control must be 'start', 'parameters' or 'structure', got",
    ("method", "l2]", "l3]"): "method.combines.1: there is no method 'l3': did you mean l2",
    ("method", "combines: [hard, l2]", "tunes: sharing.strenght"): "no option 'sharing.strenght': did you mean",
    ("method", "combines: [hard, l2]", "tunes: [sharing.strength, sharing.grad]"): "no option 'sharing.grad': did you",
    ("suite", "studies:", "overides: []\nstudies:"): "there is no option of suite 'overides': did you mean overrides?",
    ("suite", "studies:\n  first: [dataset=digits, model=local2d]\n", ""): "suite.studies is missing",
    ("suite", "seeds: 2", "seeds: two"): "suite.seeds must be an integer >= 1, got 'two'",
    ("suite", "hard]", "hrad]"): "suite.methods.1: there is no method 'hrad': did you mean hard",
    ("suite", "studies:", "exclude: {frist: [hard]}\nstudies:"): "suite.exclude: there is no study 'frist'",
}  # fmt: skip
COMMAND_LINE = {
    "+foo=1": "there is no option 'foo': there are",
    "+training.foo=1": "there is no option of training 'foo': there are",
    "~dataset.task": "dataset.task is missing",
    "training.evaluations=7": "training.steps must be a multiple of training.evaluations=7, got 1200",
    "dataset.n_train=many": "dataset.n_train must be a number",
    "+sharing.grid=[1]": "sharing.tunes must be the path of the option that sharing.grid is for",
}


def read(folder, *options, program="config"):
    with open_configs([str(folder)]):
        config, chosen = compose_choices(options, program)
        return read_suite(config.suite) if program == "bench" else Run.of(config, chosen)


def read_file(folder, group, text):
    """Read a config with a file of one's own."""
    (folder / group).mkdir()
    (folder / group / "mine.yaml").write_text(text)
    option = "regularizer=[mine]" if group == "regularizer" else f"{group}=mine"
    return read(folder, option, program="bench" if group == "suite" else "config")


@pytest.mark.parametrize("group", FILES)
def test_files_without_mistakes_are_read(tmp_path, group):
    assert read_file(tmp_path, group, FILES[group])


@pytest.mark.parametrize(("change", "sentence"), MISTAKES.items(), ids=[" ".join(key[::2]) for key in MISTAKES])
def test_mistake_is_named_with_its_file(tmp_path, change, sentence):
    group, right, wrong = change
    with pytest.raises(UserError) as raised:
        read_file(tmp_path, group, FILES[group].replace(right, wrong, 1))
    assert str(raised.value).startswith(f"{tmp_path}/{group}/mine.yaml: ")
    assert sentence in str(raised.value)


@pytest.mark.parametrize(("option", "sentence"), COMMAND_LINE.items(), ids=list(COMMAND_LINE))
def test_command_line_blames_no_file(tmp_path, option, sentence):
    with pytest.raises(UserError) as raised:
        read(tmp_path, option)
    assert str(raised.value).startswith(sentence)


def test_a_parent_file_is_named(tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "parent.yaml").write_text(DATASET.replace("n_train", "n_trian"))
    child = "# @package _global_\ndefaults: [parent]\ndataset: {name: child}\n"
    (tmp_path / "dataset" / "child.yaml").write_text(child)
    with pytest.raises(UserError, match=r"dataset/parent\.yaml: there is no option of dataset 'n_trian'"):
        read(tmp_path, "dataset=child")


def test_a_size_to_match_is_the_models(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text(MODEL.replace("scaled_sizes: [widths]\n", ""))
    with pytest.raises(UserError, match=r"model/mine\.yaml: model\.scaled_sizes is missing"):
        read(tmp_path, "model=mine", "method=narrow")


def test_own_keys_need_a_reference(tmp_path):
    own = DATASET.replace("n_train: 400", "size: 400\n  n_train: ${dataset.size}")
    assert read_file(tmp_path, "dataset", own).config["dataset"]["n_train"] == 400
    assert read(tmp_path, "dataset=mine", "dataset.n_train=300").config["dataset"]["size"] == 400
    assert read(tmp_path, "+rate=0.1", "optimizer.lr=${rate}").config["optimizer"]["lr"] == 0.1


@pytest.mark.parametrize("group", ["dataset", "model", "optimizer", "method"])
def test_shipped_files_have_no_mistake(tmp_path, group):
    for name in choices(group):
        read(tmp_path, f"{group}={name}")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("path: ${dataset.path}", True),
        ("path: ${.path}", True),
        ("path: ${oc.select:dataset.path,null}", True),
        ("path: ${suite.path}", False),
        ("path: ${dataset.pathway}", False),
        ("path: dataset.path", False),
    ],
)
def test_references_are_found(text, answer):
    assert is_referred_to(("dataset", "path"), text) is answer
