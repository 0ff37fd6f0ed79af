-- $1 pair, $2 start, $3 end: the time of the newest ticker in [start, end), or null
SELECT max(timestamp) FROM ticker_data WHERE pair = $1 AND timestamp >= $2 AND timestamp < $3
