"""What pyproject.toml cannot say: the repository's folder `conf` is the package `sharegap.conf`."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages("src"), "sharegap.conf"],
    package_dir={"": "src", "sharegap.conf": "conf"},
)
