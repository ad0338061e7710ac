"""What a config calls, and the arguments that it gives."""

import pytest

from sharegap.errors import UserError
from sharegap.plan.arguments import check_arguments
from sharegap.plan.configs import choices
from tests.helpers import make_run

MISTAKES = {
    "model.network.layers=[[3]]": r"model\.network\.layers must be a list of \[an integer, an integer\], got \[\[3\]\]",
    "model.network.layers=3": r"model\.network\.layers must be a list of .*, got 3",
    "model.network.layers=null": r"model\.network\.layers must be a list of .*, got None",
    "model.network.layers=abc": r"model\.network\.layers must be a list of .*, got 'abc'",
    "model.network.channels=[3,a]": r"channels must be an integer or a list of integers, got \[3, 'a'\]",
    "model.network.padding=1.5": "model.network.padding must be an integer, got 1.5",
    "+model.network.foo=1": r"there is no option of model\.network \(LocalNet\) 'foo': there are channels, dims",
    "+dataset.load.foo=1": r"there is no option of dataset\.load \(mnist1d\) 'foo': there are flipped",
    "dataset.load.flipped=maybe": "dataset.load.flipped must be true or false, got 'maybe'",
    "+dataset.task.foo=1": r"there is no option of dataset\.task \(ClassificationTask\) 'foo': there are score",
    "+optimizer.build.foo=1": r"no option of optimizer\.build \(Adam\) 'foo': there are amsgrad, betas, capturable",
    "optimizer.build.fused=maybe": "optimizer.build.fused must be true or false or null, got 'maybe'",
    "+optimizer.build.betas=[a,b]": r"optimizer\.build\.betas must be \[a number, a number\], got \['a', 'b'\]",
    "+optimizer.build.eps=abc": "optimizer.build.eps must be a number, got 'abc'",
    "optimizer.build._target_=torch.optim.Adm": r"no name in torch\.optim 'Adm': did you mean Adam",
    "optimizer.build._target_=torch.nope.Adam": "_target_: there is no name in torch 'nope'",
    "optimizer.build._target_=torch.optim": r"must be a class or a function, got torch\.optim",
    "model.network._target_=no_module.Net": r"must be in a module that can be imported, got no_module\.Net",
    "sharing.strategy._target_=sharegap.sharing.Sofft": "did you mean Soft",
}


@pytest.mark.parametrize(("override", "sentence"), MISTAKES.items(), ids=list(MISTAKES))
def test_refuses_arguments(override, sentence):
    with pytest.raises(UserError, match=sentence):
        check_arguments(make_run(override).config)


@pytest.mark.parametrize("group", ["model", "sharing", "regularizer", "optimizer"])
def test_shipped_files_fit_their_classes(group):
    for name in [name for name, choice in choices(group).items() if choice.is_complete]:
        override = f"{group}=[{name}]" if group == "regularizer" else f"{group}={name}"
        check_arguments(make_run(override).config)


def test_shipped_data_sets_fit():
    for name in choices("dataset"):
        check_arguments(make_run(f"dataset={name}").config["dataset"], "dataset")
