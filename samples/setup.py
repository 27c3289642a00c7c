"""The sample generators, one package a dataset: each is found under the entry point group `covid_lake.samples`.

A generator is a package in `covid_lake_samples` that has a `GENERATOR`; adding one needs no change here.
"""

from setuptools import find_packages, setup

PACKAGES = find_packages()
GENERATORS = [package for package in PACKAGES if package.count(".") == 1]

setup(
    name="covid_lake_samples",
    version="0.1.0",
    description="Generators of sample landing zones for covid_lake",
    license="Apache-2.0",
    python_requires=">=3.11",
    package_dir={"": "."},
    packages=PACKAGES,
    package_data={package: ["py.typed", "**/*.csv", "**/*.json"] for package in PACKAGES},
    install_requires=["covid_lake"],
    entry_points={"covid_lake.samples": [f"{one.rsplit('.')[-1]}={one}:GENERATOR" for one in GENERATORS]},
)
