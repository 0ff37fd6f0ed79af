"""The database's side of the application, and the only importer of asyncpg.

pool.py         connections: bounded, with timeouts
statements.py   the files of `sql/`
migrate.py      brings a database to this version's schema; policies.py its retention
sink.py         writes a batch and its offset in one transaction; raw_table.py what a row is
results.py      upserts windows and predictions; refresh.py keeps the aggregates true
history.py      pages of rows as JSON; candles.py, cursor.py and page.py beside it
failures.py     which errors pass by themselves, and which are a row's fault
"""
