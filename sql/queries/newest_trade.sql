-- $1 pair text, $2 start, $3 end timestamptz: the time of the newest trade in [start, end)
SELECT max(timestamp) FROM trade_data WHERE pair = $1 AND timestamp >= $2 AND timestamp < $3
