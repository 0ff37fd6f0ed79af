"""A market that never was: the four input messages, made from a seed and nothing else."""

from cryptoviz.simulator.faults import Faults, Share, Silence, inject
from cryptoviz.simulator.market import Market
from cryptoviz.simulator.message import Message, TopicKind
from cryptoviz.simulator.simulation import Simulation

__all__ = ["Faults", "Market", "Message", "Share", "Silence", "Simulation", "TopicKind", "inject"]
