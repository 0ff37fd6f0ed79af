-- No parameters. Nothing when the server does not have TimescaleDB at all.
SELECT installed_version AS installed
FROM pg_available_extensions
WHERE name = 'timescaledb'
