"""State: every table that the stream app keeps, backed by RocksDB and a changelog topic."""
