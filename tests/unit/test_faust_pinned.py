"""The transport overrides private methods of Faust, so both must change together."""

import inspect
from importlib.metadata import version

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, FetchResult
from faust import App, worker
from faust.tables.manager import TableManager
from faust.transport.consumer import Consumer, ThreadDelegateConsumer
from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer

from cryptoviz import app, producer, transport

# As faust-streaming 0.15.3 has them.
OVERRIDDEN = {
    (Consumer, "_wait_next_records"): "(self, timeout)",
    (Consumer, "_add_gap"): "(self, tp, offset_from, offset_to)",
    (Consumer, "_filter_tps_with_pending_acks"): "(self, topics=None)",
    (Consumer, "_new_offset"): "(self, tp)",
    (Consumer, "on_partitions_assigned"): "(self, assigned, generation_id=0)",
    (Consumer, "perform_seek"): "(self)",
    (Consumer, "sleep"): "(self, n)",
    (Consumer, "wait_first"): "(self, *coros, timeout=None)",
    (ThreadDelegateConsumer, "_getmany"): "(self, active_partitions, timeout)",
    (driver.Consumer, "_new_consumer_thread"): "(self)",
    (driver.Consumer, "_to_message"): "(self, tp, record)",
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer"): "(self, transport)",
    (driver.AIOKafkaConsumerThread, "verify_event_path"): "(self, now, tp)",
    (driver.AIOKafkaConsumerThread, "start"): "(self)",
    (driver.AIOKafkaConsumerThread, "call_thread"): "(self, fun, *args, **kwargs)",
    (driver.AIOKafkaConsumerThread, "_stopped_set"): "(self)",
    (driver.AIOKafkaConsumerThread, "_stop_children"): "(self)",
    (driver.AIOKafkaConsumerThread, "_stop_futures"): "(self)",
    (driver.AIOKafkaConsumerThread, "_stop_exit_stacks"): "(self)",
    (worker.Worker, "_sentinel_task"): "(self)",
    (driver.Producer, "_settings_extra"): "(self)",
    (driver.Producer, "send"): "(self, topic, key, value, partition, timestamp, headers, *, "
    "transactional_id=None)",
    (ProducerBuffer, "put"): "(self, fut)",
    (ProducerBuffer, "flush"): "(self)",
    (ProducerBuffer, "flush_atmost"): "(self, max_messages)",
    (ProducerBuffer, "wait_until_ebb"): "(self)",
    (App, "on_first_start"): "(self)",
    (App, "maybe_start_producer"): "(self)",
    (App, "stop"): "(self)",
    (App, "_new_consumer"): "(self)",
    (App, "_on_agent_error"): "(self, agent, exc)",
}
# Hooks and tasks whose signatures cannot be wrong.
UNPINNED = {"on_start", "on_stop", "size", "_handle_pending"}
# Not overridden but called.
CALLED = {
    (driver.AIOKafkaConsumerThread, "seek_to_beginning"): "(self, *partitions)",
    (driver.AIOKafkaConsumerThread, "on_thread_stop"): "(self)",
    (driver.AIOKafkaConsumerThread, "_default_start"): "(self)",
    (driver.AIOKafkaConsumerThread, "_default_stop_children"): "(self)",
    (driver.AIOKafkaConsumerThread, "_default_stop_futures"): "(self)",
    (driver.AIOKafkaConsumerThread, "_default_stop_exit_stacks"): "(self)",
    (ThreadDelegateConsumer, "seek_wait"): "(self, partitions)",
    (TableManager, "_update_channels"): "(self)",
    (AIOKafkaConsumer, "seek_to_beginning"): "(self, *partitions)",
    (Fetcher, "_get_actions_per_node"): "(self, assignment)",
    (Fetcher, "_notify"): "(self, future)",
    (Fetcher, "_select_read_replica"): "(self, tp)",
    (FetchResult, "getall"): "(self, max_records=None)",
    (FetchResult, "check_assignment"): "(self, tp)",
    (FetchResult, "calculate_backoff"): "(self)",
    (FetchResult, "_update_position"): "(self)",
}


def bare(function):
    """Return the signature of *function* without its annotations."""
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def test_faust_is_of_the_series_that_the_transport_was_written_for():
    assert version("faust-streaming").startswith("0.15.3"), (
        "cryptoviz/transport.py and producer.py override private methods of faust-streaming "
        "0.15.3. Read what has changed in faust/transport/, then run tests/kafka and change this."
    )


@pytest.mark.parametrize(
    ("method", "signature"),
    [*OVERRIDDEN.items(), *CALLED.items()],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_method_that_the_transport_overrides_or_calls_has_the_signature_it_knows(
    method, signature
):
    owner, name = method
    assert bare(getattr(owner, name)) == signature, (
        f"Faust's {owner.__name__}.{name} has changed; what cryptoviz does with it must follow."
    )


def test_every_private_method_that_is_overridden_is_pinned_here():
    pinned = {name for _, name in OVERRIDDEN}
    for ours in (
        transport.Consumer,
        transport.ConsumerClient,
        producer.Producer,
        producer.StrictBuffer,
        app.BatchedApp,
        app.Tables,
    ):
        stock = {name for base in ours.__mro__[1:] for name in vars(base)}
        methods = {name for name, value in vars(ours).items() if inspect.isfunction(value)}
        overridden = {name for name in methods & stock if not name.startswith("__")}
        assert overridden <= pinned | UNPINNED
