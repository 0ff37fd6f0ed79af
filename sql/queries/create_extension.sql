-- No parameters.
CREATE EXTENSION IF NOT EXISTS timescaledb
