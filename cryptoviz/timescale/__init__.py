"""The database's side of the application, and the only importer of asyncpg.

pool.py         connections: bounded, with timeouts; database.py one worker's, once it answers
statements.py   the files of `sql/`
migrate.py      brings a database to this version's schema; extension.py finds TimescaleDB
sink.py         writes a batch and its offset in one transaction; copying.py its rows
raw_table.py    what a raw row is; windows.py what a window is as a row
results.py      upserts windows and predictions, the higher revision stays
refresh.py      keeps the aggregates true to late rows
retention.py    how long rows are kept, and their deletion on plain PostgreSQL
history.py      pages of rows as JSON; page.py, cursor.py, gather.py and fetch.py beside it
seam.py         the page a stream goes on from; trade_candles.py candles from the aggregates
sizes.py        how large the tables are
failures.py     which errors pass by themselves, and which are a row's fault
"""
