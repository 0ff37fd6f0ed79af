-- No parameters. Until commit, a server that can compresses while it copies.
SELECT set_config('timescaledb.enable_direct_compress_copy', 'on', true)
WHERE current_setting('timescaledb.enable_direct_compress_copy', true) IS NOT NULL
