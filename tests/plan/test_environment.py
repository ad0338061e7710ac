"""Where runs are trained and stored."""

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.configs import compose_config
from sharegap.plan.environment import check_environment

MISTAKES = {
    "trainer.accelerator=tpu": "trainer.accelerator must be cpu, gpu, cuda or auto, got 'tpu'",
    "trainer.accelerator=null": "trainer.accelerator must be cpu, gpu, cuda or auto, got None",
    "trainer.devices=[0,1]": r"trainer.devices must be an integer >= 1, got \[0, 1\]",
    "trainer.devices=auto": "trainer.devices must be an integer >= 1, got 'auto'",
    "trainer.devices=-1": "trainer.devices must be an integer >= 1, got -1",
    "trainer.devices='1'": "trainer.devices must be an integer >= 1, got '1'",
    "trainer.devices=true": "trainer.devices must be an integer >= 1, got True",
    "+trainer.num_nodes=0": "trainer.num_nodes must be an integer >= 1, got 0",
    "trainer.precision=16-mixed": "trainer.precision must be another than 16-mixed, where .* use bf16-mixed",
    "trainer.precision=16": "trainer.precision must be another than 16, where .* use bf16-mixed",
    "trainer.precision='16'": "trainer.precision must be another than 16, where .* use bf16-mixed",
    "trainer.precision=31": "trainer.precision must be 32-true, bf16-mixed, bf16-true, 16-true or 64-true, got 31",
    "trainer.precision=transformer-engine": "trainer.precision must be 32-true, .*, got 'transformer-engine'",
    "~trainer.precision": "trainer.precision is missing",
    "~trainer": "trainer is missing",
    "~logger": "logger is missing",
    "out=null": "out must be the name of a folder, got None",
    "out=": "out must be the name of a folder, got ''",
    "out=${seed}": "out must be the name of a folder, got 0",
    "logger=none": None,
    "out=3": None,
    "out=[a]": None,
    "out=true": None,
    "+trainer.num_nodes=2": None,
    "trainer=ddp": None,
    "trainer=gpu": None,
}
MISTAKES |= dict.fromkeys(["trainer.precision=64-true", "trainer.precision=bf16-mixed", "+trainer.strategy=ddp"])
for name in ("deepspeed", "fsdp", "ddp_spawn", "ddp_notebook", "ddp_fork", "null", "3"):
    MISTAKES[f"+trainer.strategy={name}"] = "trainer.strategy must be auto, ddp or a section with a _target_, got"
for name in ("fast_dev_run", "gradient_clip_val", "limit_test_batches", "accumulate_grad_batches", "max_epochs"):
    MISTAKES[f"+trainer.{name}=1"] = f"trainer.{name} must be left out: the trainer's options are accelerator"
MISTAKES |= dict.fromkeys(["+trainer.callbacks=[]", "+trainer.logger=true"], "must be left out: the trainer's options")


@pytest.mark.parametrize(("override", "sentence"), MISTAKES.items(), ids=list(MISTAKES))
def test_options_of_the_environment(override, sentence):
    config = compose_config([override])
    if sentence is None:
        check_environment(config)
    else:
        with pytest.raises(UserError, match=sentence):
            check_environment(config)


def test_gpus_may_be_chosen():
    config = compose_config(["trainer=gpu", "trainer.devices=[1]"])
    check_environment(config)
    config.trainer.devices = OmegaConf.create([-1])
    with pytest.raises(UserError, match=r"trainer\.devices must be an integer >= 0, got -1"):
        check_environment(config)
