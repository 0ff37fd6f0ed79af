"""Stores of a table as a worker leaves them in its data directory."""

import rocksdict


def a_store(data, rows, table="candles"):
    """Write *rows*, bytes by key, into the first partition of *table* under *data*."""
    path = data / f"cryptoviz/v1/tables/{table}-0.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    store = rocksdict.Rdict(str(path), rocksdict.Options(raw_mode=True))
    for key, value in rows.items():
        store[key.encode()] = value
    store.close()
    return path
