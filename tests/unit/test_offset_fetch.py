"""An answer without offsets is not the answer that there are none."""

from types import SimpleNamespace

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupLoadInProgressError, NotCoordinatorForGroupError
from aiokafka.protocol.commit import OffsetFetchRequest

from cryptoviz.consumer_client import checked_offset_fetch

REQUEST = OffsetFetchRequest("group", [("rawticker", [0])])


class Coordinator:
    """Answers every request with one error code, as a broker of today does."""

    def __init__(self, error_code):
        self.is_dead = False
        self.error_code = error_code

    async def _send_req(self, request):
        return SimpleNamespace(error_code=self.error_code, topics=[])

    def coordinator_dead(self):
        self.is_dead = True


async def test_a_coordinator_that_is_loading_is_asked_again():
    with pytest.raises(GroupLoadInProgressError) as caught:
        await checked_offset_fetch(Coordinator(14))(REQUEST)

    assert caught.value.retriable


async def test_a_coordinator_that_has_moved_is_looked_for():
    coordinator = Coordinator(16)

    with pytest.raises(NotCoordinatorForGroupError):
        await checked_offset_fetch(coordinator)(REQUEST)

    assert coordinator.is_dead


@pytest.mark.parametrize(("code", "request_"), [(0, REQUEST), (14, object())])
async def test_every_other_answer_passes(code, request_):
    answer = await checked_offset_fetch(Coordinator(code))(request_)

    assert answer.topics == []


def test_aiokafka_still_sends_offset_requests_this_way():
    assert "_send_req" in GroupCoordinator._do_fetch_commit_offsets.__code__.co_names
