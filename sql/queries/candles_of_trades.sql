-- $1 pair text, $2 start, $3 end timestamptz, $4 step interval, $5 final before; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(candle)::text, E',\n' ORDER BY candle.timestamp DESC) AS body
FROM (
    SELECT
        date_bin($4, bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS timestamp,
        date_bin($4, bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00') + $4 AS end,
        $1 AS pair,
        (array_agg(open ORDER BY bucket))[1] AS open,
        max(high) AS high,
        min(low) AS low,
        (array_agg(close ORDER BY bucket DESC))[1] AS close,
        sum(volume) AS volume,
        sum(buy_volume) AS buy_volume,
        sum(sell_volume) AS sell_volume,
        sum(quote_volume) / nullif(sum(volume), 0) AS vwap,
        sum(trades)::bigint AS trades,
        sum(trades)::bigint AS revision,
        date_bin($4, bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00') + $4 <= $5::timestamptz AS final
    FROM trade_ohlc($1, $2, $3, $4)
    GROUP BY date_bin($4, bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00')
) AS candle
