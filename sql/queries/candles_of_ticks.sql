-- $1 pair text, $2 start, $3 end timestamptz, $4 step interval: from the raw rows, newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(candle)::text, E',\n' ORDER BY candle.bucket DESC) AS body
FROM (
    SELECT
        date_bin($4, timestamp, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket,
        (array_agg(last ORDER BY timestamp, source_partition, source_offset))[1] AS open,
        max(last) AS high,
        min(last) AS low,
        (array_agg(last ORDER BY timestamp DESC, source_partition DESC, source_offset DESC))[1]
            AS close,
        avg(volume_24h) AS avg_volume
    FROM ticker_data
    WHERE pair = $1 AND timestamp >= $2 AND timestamp < $3
    GROUP BY 1
) AS candle
