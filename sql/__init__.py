"""The database's schema and statements, as files.

migrations/  run once, in order, recorded with their sha256, never changed after a release
routines/    functions, run again whenever their text has changed
queries/     one statement a file; its first line documents its parameters (`?`: may be null)

`name.timescaledb.sql` runs only where TimescaleDB is, `name.postgresql.sql` only where it is not.
`cryptoviz.timescale` reads and runs them.
"""
