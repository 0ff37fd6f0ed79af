"""Databases of their own for tests, on the session's PostgreSQL."""

import asyncpg


def dsn_of(server, name):
    """Return the address of the database *name* of *server*."""
    return server.dsn.replace("/postgres?", f"/{name}?")


async def create_database(server, name):
    """Create the database *name* on *server*."""
    connection = await asyncpg.connect(server.dsn)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
