-- No parameters.
SELECT name, sha256 FROM schema_script
