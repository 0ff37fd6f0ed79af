-- $1 pair text, $2 start, $3 end timestamptz, $4 step interval: a time in the newest candle, or null
SELECT newest_trade($1, $2, $3, $4)
