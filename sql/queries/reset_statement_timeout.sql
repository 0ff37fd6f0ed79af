-- No parameters.
RESET statement_timeout
