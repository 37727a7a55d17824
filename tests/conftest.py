"""What every test shares: a working folder outside the checkout."""

import os
from collections.abc import Iterator
from pathlib import Path

import pint
import pytest
from hypothesis import settings

settings.register_profile("thorough", max_examples=200)


@pytest.fixture(scope="session", autouse=True)
def _outside_the_checkout(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Start programs where no checkout hides the installed package from them."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    yield
    os.chdir(before)


@pytest.fixture(autouse=True)
def _plain_magnitudes() -> Iterator[None]:
    """Take back what pint-xarray asks of the registry that all share: only arrays."""
    yield
    pint.get_application_registry().force_ndarray_like = False


@pytest.fixture
def pint_arrays() -> None:
    """Let pint-xarray have only arrays, as it asks when it is first imported."""
    pytest.importorskip("pint_xarray")
    pint.get_application_registry().force_ndarray_like = True
