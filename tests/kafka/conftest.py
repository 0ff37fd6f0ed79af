"""A deployment of its own for each test, on the session's broker."""

import pytest

from tests.kafka.deployment import Deployment
from tests.kafka.http_workers import http_name, http_workers

__all__ = ["deployment", "http_name", "http_workers"]


@pytest.fixture
def deployment(broker, topic_prefix, tmp_path):
    deployment = Deployment(broker, topic_prefix + "app", tmp_path)
    yield deployment
    for worker in deployment.workers:
        worker.discard()
