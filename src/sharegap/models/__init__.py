"""One network per site, built from the layers of `sharegap.sharing`. Plain PyTorch."""

from sharegap.models.autoencoder import Autoencoder
from sharegap.models.ensemble import Ensemble
from sharegap.models.language import LanguageModel
from sharegap.models.locally_connected import LocalNet
from sharegap.models.module import ModuleNetwork
from sharegap.models.multitask import MultiTaskNet
from sharegap.models.network import Network, NetworkSpec
from sharegap.models.patches import Patches
from sharegap.models.per_task import PerTask
from sharegap.models.recurrent import Recurrent
from sharegap.models.residual import Residual
from sharegap.models.siamese import Siamese
from sharegap.models.transformer import Transformer

__all__ = [
    "Autoencoder",
    "Ensemble",
    "LanguageModel",
    "LocalNet",
    "ModuleNetwork",
    "MultiTaskNet",
    "Network",
    "NetworkSpec",
    "Patches",
    "PerTask",
    "Recurrent",
    "Residual",
    "Siamese",
    "Transformer",
]
