"""The embedded stack: Apache Kafka, PostgreSQL and everything else on one machine.

Both servers come from PyPI and Maven packages, so Python is all that a machine needs. It was tried
on Linux; only the guards' last resort is Linux's own.
"""
