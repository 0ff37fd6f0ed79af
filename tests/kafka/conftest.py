"""A deployment of its own for each test, on the session's broker."""

import pytest

from tests.kafka.deployment import Deployment
from tests.kafka.http_workers import http_name, http_workers
from tests.kafka.market import MarketDeployment

__all__ = ["deployment", "http_name", "http_workers"]


@pytest.fixture
def deployment(broker, topic_prefix, tmp_path):
    deployment = Deployment(broker, topic_prefix + "app", tmp_path)
    yield deployment
    for worker in deployment.workers:
        worker.discard()


@pytest.fixture
async def deploy(broker, topic_prefix, tmp_path):
    """Return a function that makes deployments of the market on the session's broker."""
    deployments = []

    async def make(**options):
        prefix = f"{topic_prefix}{len(deployments)}-"
        deployments.append(MarketDeployment(broker, prefix, tmp_path, **options))
        await deployments[-1].create_topics()
        return deployments[-1]

    yield make
    for deployment in deployments:
        deployment.stop()
