"""The stream app without the agents that predict and score, for comparison."""

from cryptoviz.app import app

app.conf.autodiscover = [
    module for module in app.conf.autodiscover if not module.startswith("agents.predict")
]
