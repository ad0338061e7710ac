"""A user's mistake: one sentence, exit code 2, no traceback, and nothing trained."""

import pytest

MISTAKES = {
    ("run", "dataset=mnist2d"): "there is no dataset 'mnist2d': did you mean mnist1d",
    ("run", "model=locla1d"): "there is no model 'locla1d': did you mean local1d",
    ("run", "sharing=sofft"): "there is no sharing 'sofft': did you mean soft",
    ("run", "regularizer=[dropuot]"): "there is no regularizer 'dropuot': did you mean dropout",
    ("run", "method=harder"): "there is no method 'harder': did you mean hard",
    ("bench", "suite=defualt"): "there is no suite 'defualt': did you mean default",
    ("bench", "suite.methods=[none,sotf]"): "there is no method 'sotf': did you mean soft",
    ("run", "sharing=soft", "sharing.strenght=1"): "there is no option 'sharing.strenght': did you mean",
    ("run", "sharing=hard", "sharing.strength=1"): "sharing.strength needs sharing=mixture or sharing=soft or",
    ("run", "sharing.strength=1"): "sharing.strength needs sharing=mixture or sharing=soft or",
    ("run", "regularizer.l2.strength=1"): "regularizer.l2.strength needs regularizer=[l2]",
    ("run", "sharing.site.start=same"): "sharing.site.start is now sharing.strategy.copies_init",
    ("run", "--mutlirun"): "there is no flag '--mutlirun': did you mean --multirun",
    ("run", "mnist1d"): "an option must be name=value, got 'mnist1d': did you mean dataset=mnist1d?",
    ("run", "--config-dir"): "--config-dir must have a value",
    ("run", "--config-dir", "/nowhere"): "there is no folder of configs /nowhere",
    ("bench", "smoke"): "an option must be name=value, got 'smoke': did you mean suite=smoke?",
    ("methods", "-m"): "there is no flag '-m': there are --config-dir, -cd",
    ("suites", "out=there"): "this command takes no options, got 'out'",
    ("leaderboard", "suiet=default"): "there is no option 'suiet': did you mean suite or out? there are out, suite",
    ("run", "+foo=1"): "there is no option 'foo'",
    ("bench", "+training.steps=5"): "there is no option 'training': did you mean trainer?",
    ("bench", "training.steps=5"): "training.steps must be one of suite.overrides",
    ("bench", "+suite.without={}"): "suite.without is now suite.exclude",
    ("bnech",): "there is no command 'bnech': did you mean bench?",
    ("run", "sede=1"): "there is no option 'sede': did you mean seed",
    ("run", "sharing=soft", "sharing.strength=-1"): "sharing.strength must be in [0, inf), got -1",
    ("run", "sharing=soft", "sharing.strength=lots"): "sharing.strength must be a number, got 'lots'",
    ("run", "regularizer=[l2]", "regularizer.l2.strength=-1"): "l2.strength must be in [0, inf), got -1",
    ("run", "regularizer=[dropout]", "regularizer.dropout.strength=1"): ".strength must be in [0, 1), got 1",
    ("run", "regularizer=[early_stopping]", "regularizer.early_stopping.strength=0"): "integer in [1, inf]",
    ("run", "regularizer=[early_stopping]", "dataset.n_validation=0"): "early stopping needs validation samples",
    ("run", "dataset.n_train=4001"): "dataset.n_train must be from 10, one per class, to 3500",
    ("run", "dataset.n_train=9"): "dataset.n_train must be from 10, one per class, to 3500",
    ("run", "dataset=digits"): "this model takes sequences (channels, length) of one class each; the",
    ("run", "training.steps=0"): "training.steps must be an integer >= 1, got 0",
    ("run", "training.steps=100.0"): "training.steps must be an integer >= 1, got 100.0",
    ("run", "model.network.channels=25.0"): "model.network.channels must be an integer >= 1, got 25.0",
    ("bench", "suite.seeds=2.0"): "suite.seeds must be an integer >= 1, got 2.0",
    ("run", "optimizer.lr=0"): "optimizer.lr must be a finite number > 0, got 0",
    ("run", "trainer=gpu"): "asks for a GPU and there is none here: use trainer=cpu",
    ("run", "trainer.precision=31"): "Lightning refuses these trainer options",
    ("run", "seed=[1"): "the option 'seed=[1' cannot be read",
    ("run", "out=/proc/nowhere"): "/proc/nowhere",
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES.items(), ids=[" ".join(key) for key in MISTAKES])
def test_gets_one_sentence(command, tmp_path, arguments, sentence):
    program, *options = arguments
    result = command(program, *options)
    assert result.code == 2
    assert sentence in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    assert not list(tmp_path.glob("out/results/*"))
