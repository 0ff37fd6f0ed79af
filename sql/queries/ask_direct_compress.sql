-- No parameters. One row if the server can compress while it copies; it then does so until commit.
SELECT set_config(name, 'on', true) FROM pg_settings
WHERE name = 'timescaledb.enable_direct_compress_copy'
