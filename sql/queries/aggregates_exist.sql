-- No parameters. Whether the hourly aggregates are TimescaleDB's, and not views.
SELECT EXISTS (SELECT FROM schema_script WHERE name = '0005_aggregates.timescaledb.sql')
