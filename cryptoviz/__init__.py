"""Crypto market data in, windowed tables, TimescaleDB history and live feeds out."""
