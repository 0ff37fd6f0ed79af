"""What a worker's `/health/` says, and its `/metrics` as Prometheus reads them."""

import json
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def health(worker):
    """Return what `/health/` answers, ready or not."""
    try:
        return worker.get("/health/")
    except urllib.error.HTTPError as error:
        return json.load(error)


def samples_of(text):
    """Return the samples of *text* by name, each as (labels, value)."""
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((sample.labels, sample.value))
    return samples


def measured(worker, name, **labels):
    """Return the sum of a worker's samples of *name* with these *labels*; None without any."""
    url = f"http://127.0.0.1:{worker.web_port}/metrics"
    with urllib.request.urlopen(url, timeout=5.0) as answer:
        samples = samples_of(answer.read().decode())
    found = [value for has, value in samples.get(name, ()) if labels.items() <= has.items()]
    return sum(found) if found else None
