"""Reads: HTTP views over the live tables and the database."""
