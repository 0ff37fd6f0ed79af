-- No parameters.
CREATE TABLE IF NOT EXISTS schema_script (
    name   text PRIMARY KEY,
    sha256 text NOT NULL,
    ran_at timestamptz NOT NULL DEFAULT now()
)
