"""The files of the published data sets: their names in the data folder, sha256 and official addresses."""

from typing import NamedTuple


class Source(NamedTuple):
    """A published file.

    Args:
        sha256: hash of its content.
        urls: where to download it, in the order to try; empty if it has no public address.
    """

    sha256: str
    urls: tuple[str, ...] = ()


_MNIST = ("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/")
"""The mirrors of TensorFlow Datasets and torchvision, as the authors' server no longer answers."""
_FASHION = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
_OMNIGLOT = ("https://github.com/brendenlake/omniglot/raw/master/python/",)
_CIFAR = ("https://www.cs.toronto.edu/~kriz/",)
_CHAR_RNN = ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/",)


def _sources(folder: str, servers: tuple[str, ...], hashes: dict[str, str]) -> dict[str, Source]:
    """List the files of one folder, given the sha256 of each, by their names in the data folder."""
    sources = {}
    for name, sha256 in hashes.items():
        sources[f"{folder}/{name}"] = Source(sha256, tuple(server + name for server in servers))
    return sources


SOURCES: dict[str, Source] = {
    **_sources("mnist", _MNIST, {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    }),
    **_sources("fashion-mnist", _FASHION, {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    }),
    **_sources("cifar10", _CIFAR, {
        "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    }),
    **_sources("cifar10_jpeg", (), {
        "cifar10_jpeg_train.npz": "ba220e322afed043bd3482462c04352de8329e2d8b82c0d358bc27f490fc0a09",
        "cifar10_jpeg_test.npz": "f834897be385ce2919c6cce0fa23011a7e052b33ccc238a8acc94b8653730505",
    }),
    **_sources("omniglot", _OMNIGLOT, {
        "images_background.zip": "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
        "images_evaluation.zip": "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
    }),
    **_sources("omniglot", (), {
        "omniglot28.npz": "80fec57973b6cac4e4fe47dba340ea8560c2dbdaacf8749903bb09fe1072d079",
        "oneshot_runs.npz": "debe57325ca5971c54b08c61d11cd86c712967f352a39719d8c47112e4f37d6b",
    }),
    **_sources("tinyshakespeare", _CHAR_RNN, {
        "input.txt": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    }),
}  # fmt: skip
