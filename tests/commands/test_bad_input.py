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
    ("run", f"model={'x' * 5000}"): "signs: ",
    ("run", "--mutlirun"): "there is no flag '--mutlirun': did you mean --multirun",
    ("run", "mnist1d"): "an option must be name=value, got 'mnist1d': did you mean dataset=mnist1d?",
    ("run", "--config-dir"): "--config-dir must have a value",
    ("run", "--config-dir", "/nowhere"): "there is no folder of configs /nowhere",
    ("bench", "smoke"): "an option must be name=value, got 'smoke': did you mean suite=smoke?",
    ("methods", "-m"): "there is no flag '-m': there are --config-dir, -cd",
    ("suites", "out=there"): "this command takes no options, got 'out'",
    ("leaderboard", "suiet=default"): "there is no option 'suiet': did you mean suite",
    ("bench", "suite.name=Index.html"): "suite.name must be another name: that is the page of all suites",
    ("run", "+foo=1"): "there is no option 'foo'",
    ("bench", "+training.steps=5"): "there is no option 'training': did you mean trainer?",
    ("bench", "training.steps=5"): "training.steps must be one of suite.overrides",
    ("bench", "+suite.without={}"): "suite.without is now suite.exclude",
    ("bnech",): "there is no command 'bnech': did you mean bench?",
    ("run", "sede=1"): "there is no option 'sede': did you mean seed",
    ("run", "sharing=soft", "sharing.strength=-1"): "sharing.strength must be in [0, inf], got -1",
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
    ("run", "model.network.channels=25.0"): "model.network.channels must be an integer or a list of integers, got 25.0",
    ("bench", "suite.seeds=2.0"): "suite.seeds must be an integer >= 1, got 2.0",
    ("run", "optimizer.lr=0"): "optimizer.lr must be a finite number > 0, got 0",
    ("run", "trainer=gpu"): "asks for a GPU and there is none here: use trainer=cpu",
    ("run", "trainer.precision=31"): "trainer.precision must be 32-true, bf16-mixed, bf16-true, 16-true or",
    ("run", "seed=[1"): "cannot be read: a text with such signs needs quotes, write \"seed='[1'\"",
    ("run", "seed=range(3)"): "seed must be one value for one run, got range(3): add -m to train several runs",
    ("run", "model=local1d,residual"): "model must be one value for one run, got local1d,residual: add -m",
    ("run", "--seed", "3"): "an option must be name=value, got --seed 3: write seed=3",
    ("run", "="): "an option must be name=value, got '='",
    ("run", "größe=3"): "there is no option 'größe'",
    ("run", "dataset=größe"): "there is no dataset 'größe'",
    ("run", "out=${NOPE}/x"): "there is no option 'NOPE', which ${NOPE} stands for",
    ("run", "regularizer={l2: 3}"): "there is no regularizer '{l2: 3}': there are augmentation, dropout",
    ("run", "training=null"): "training must be a section of options, got None",
    ("run", "dataset.load={}"): "dataset.load must hold what it changes, got {}, which changes nothing",
    ("run", "out="): "out must be the name of a folder, got ''",
    ("run", "logger=wandb", "logger.mode=ofline"): "logger.mode: there is no mode 'ofline': did you mean offline",
    ("run", "logger=wandb", "+logger.team=me"): "there is no option of logger (WandbTracker) 'team'",
    ("run", "+trainer.strategy={_target_: pytorch_lightning.strategies.Nope}"): "pytorch_lightning.strategies 'Nope'",
    ("run", "optimizer.build=null"): "optimizer.build must be a section of options, got None",
    ("run", "+optimizer.build.lr=3"): "optimizer.build must be without lr: optimizer.lr is the learning rate of",
    ("run", "training.target_loss=abc"): "training.target_loss must be a number, got 'abc'",
    ("run", "training.steps=9" + 30 * "0"): "training.steps must be less than 2**63, got 9",
    ("run", "model.network.padding=-1"): "model.network.padding must be an integer >= 0, got -1",
    ("run", "dataset.task._target_=sharegap.tasks.RegressionTask"): "dataset.y must be (samples, targets) for",
    ("bench", "suite.methods=[]"): "suite.methods must not be empty, got []",
    ("bench", "suite.sizes=[]"): "suite.sizes must not be empty, got []",
    ("bench", "suite.sizes=[9,9]"): "suite.sizes must be different from each other, got [9, 9]",
    ("bench", "suite.studies={}"): "suite.studies must hold what it changes, got {}, which changes nothing",
    ("bench", "suite.studies={a: [seed=1]}"): "new ones are added with a plus, +suite.studies={a: [seed=1]}",
    ("bench", "suite.studies=[a]"): "suite.studies must be a section of options, got [a]",
    ("bench", "suite.overrides=[out=x]"): "suite.overrides.0 must be an option of a run, and out is one of the",
    ("bench", "suite=smoke", "suite.overrides=[training.stps=3]"): "'training.stps': did you mean training.steps",
    ("bench", "suite=smoke", "suite.overrides=[training.steps]"): "an option must be name=value, got",
    ("bench", "suite=smoke", "suite.studies.digits=[dataset=digits,model=local2d,+optimizer.build.betas=[2,3]]"):
        "got fused=True, betas=[2, 3]: Invalid beta",
    ("run", "out=/proc/nowhere"): "/proc/nowhere",
}  # fmt: skip


MISTAKES |= {("run", f"{group}=null"): f"there is no {group} 'null'" for group in ("trainer", "logger", "method")}


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES.items(), ids=[" ".join(key) for key in MISTAKES])
def test_gets_one_sentence(command, tmp_path, arguments, sentence):
    program, *options = arguments
    result = command(program, *options)
    assert result.code == 2
    assert sentence in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    assert not list(tmp_path.glob("out/results/*"))
