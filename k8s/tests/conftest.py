"""Every test sees every rendering, unless it asks for one."""

import pytest

from k8s.rendering import Rendering, list_renderings
from k8s.tests.objects import Rendered


@pytest.fixture(params=list_renderings(), ids=str)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return Rendered.of(request.param)


@pytest.fixture
def local() -> Rendered:
    return Rendered.of(Rendering("local"))


@pytest.fixture
def production() -> Rendered:
    return Rendered.of(Rendering("production"))


@pytest.fixture
def cloudnativepg() -> Rendered:
    return Rendered.of(Rendering("production", ("cloudnativepg",)))
