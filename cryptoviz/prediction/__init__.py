"""Predictions of prices: models, their calibrated intervals, and how good they turned out.

Everything here is pure: a pair's state is folded over what the results topic of price windows
says of that pair, in the order of that log. docs/predictions.md says why it is so.
"""
