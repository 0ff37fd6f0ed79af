-- $1 timeout text with its unit; until the transaction ends
SELECT set_config('lock_timeout', $1, true)
