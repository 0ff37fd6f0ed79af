-- $1 name text
SELECT sha256 FROM schema_script WHERE name = $1
