-- $1 pair text, $2 start, $3 end timestamptz, $4 step interval, $5 final before; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(candle)::text, E',\n' ORDER BY candle.timestamp DESC) AS body
FROM (
    SELECT
        date_bin($4, timestamp, TIMESTAMPTZ '1970-01-01 00:00:00+00') AS timestamp,
        date_bin($4, timestamp, TIMESTAMPTZ '1970-01-01 00:00:00+00') + $4 AS end,
        $1 AS pair,
        (array_agg(price ORDER BY timestamp, source_partition, source_offset))[1] AS open,
        max(price) AS high,
        min(price) AS low,
        (array_agg(price ORDER BY timestamp DESC, source_partition DESC, source_offset DESC))[1]
            AS close,
        sum(volume) AS volume,
        coalesce(sum(volume) FILTER (WHERE side = 'b'), 0) AS buy_volume,
        coalesce(sum(volume) FILTER (WHERE side = 's'), 0) AS sell_volume,
        sum(price * volume) / nullif(sum(volume), 0) AS vwap,
        count(*) AS trades,
        count(*) AS revision,
        date_bin($4, timestamp, TIMESTAMPTZ '1970-01-01 00:00:00+00') + $4 <= $5::timestamptz
            AS final
    FROM trade_data
    WHERE pair = $1 AND timestamp >= $2 AND timestamp < $3
    GROUP BY date_bin($4, timestamp, TIMESTAMPTZ '1970-01-01 00:00:00+00')
) AS candle
