-- $1 timeout text with its unit; for the session, until reset_statement_timeout
SELECT set_config('statement_timeout', $1, false)
