-- $1 name text, $2 sha256 text
INSERT INTO schema_script (name, sha256) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, ran_at = now()
