# The public names. `__init__.py` reads this list, so each is spelled here only.
from sharegap.callbacks import GapMonitor as GapMonitor, SharingCallback as SharingCallback
from sharegap.data.dataset import Dataset as Dataset
from sharegap.errors import UserError as UserError
from sharegap.execute.load import load as load
from sharegap.metrics import (
    ExplainedVariance as ExplainedVariance,
    GeneralizationGap as GeneralizationGap,
    MeanLoss as MeanLoss,
    MeanR2 as MeanR2,
    MeanTaskAccuracy as MeanTaskAccuracy,
    linear_cka as linear_cka,
    relative_copy_distance as relative_copy_distance,
    unique_parameters as unique_parameters,
)
from sharegap.models import (
    Autoencoder as Autoencoder,
    Ensemble as Ensemble,
    LanguageModel as LanguageModel,
    LocalNet as LocalNet,
    MultiTaskNet as MultiTaskNet,
    Network as Network,
    NetworkSpec as NetworkSpec,
    Patches as Patches,
    PerTask as PerTask,
    Recurrent as Recurrent,
    Residual as Residual,
    Siamese as Siamese,
    Transformer as Transformer,
)
from sharegap.regularizers import (
    AugmentationRegularizer as AugmentationRegularizer,
    DropoutRegularizer as DropoutRegularizer,
    EarlyStoppingRegularizer as EarlyStoppingRegularizer,
    InputNoiseRegularizer as InputNoiseRegularizer,
    L2Regularizer as L2Regularizer,
    NoiseLayer as NoiseLayer,
    OutputNoiseRegularizer as OutputNoiseRegularizer,
    Regularizer as Regularizer,
    TaskInfo as TaskInfo,
)
from sharegap.sharing import (
    CrossStitch as CrossStitch,
    Grouped as Grouped,
    Hard as Hard,
    HardPermuted as HardPermuted,
    Hashed as Hashed,
    Independent as Independent,
    LocallyConnected as LocallyConnected,
    LocallyConnected1d as LocallyConnected1d,
    LocallyConnected2d as LocallyConnected2d,
    LocallyConnected3d as LocallyConnected3d,
    LowRank as LowRank,
    Mixture as Mixture,
    SharedConv as SharedConv,
    SharedGRU as SharedGRU,
    SharedLinear as SharedLinear,
    SharedSites as SharedSites,
    SharingFactory as SharingFactory,
    SharingStrategy as SharingStrategy,
    Site as Site,
    Soft as Soft,
    SoftDeviation as SoftDeviation,
    SoftPenalty as SoftPenalty,
    SoftProximal as SoftProximal,
    Templates as Templates,
    TiedLinear as TiedLinear,
    TraceNorm as TraceNorm,
    as_locally_connected as as_locally_connected,
    hard_first as hard_first,
    init_copies as init_copies,
    locally_connected as locally_connected,
    own_biases as own_biases,
    penalty_between as penalty_between,
    tie as tie,
    untie as untie,
    share as share,
)
from sharegap.tasks import Task as Task

__version__: str
