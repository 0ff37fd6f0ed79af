-- $1 pair text, $2 start, $3 end timestamptz, $4 step interval of whole hours, $5 most integer
SELECT
    count(*) AS found,
    string_agg(row_to_json(candle)::text, E',\n') AS body,
    (array_agg(candle.bucket))[least(count(*), $5 - 1)] AS last_time
FROM (
    SELECT
        date_bin($4, bucket, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket,
        (array_agg(open ORDER BY bucket))[1] AS open,
        max(high) AS high,
        min(low) AS low,
        (array_agg(close ORDER BY bucket DESC))[1] AS close,
        avg(avg_volume) AS avg_volume
    FROM hourly_candles($1, $2, $3)
    GROUP BY 1
    ORDER BY 1 DESC
    LIMIT $5
) AS candle
