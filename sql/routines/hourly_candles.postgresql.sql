-- The hourly candles of one pair whose hour begins in [start_time, end_time). The view cannot pass
-- bounds on the hour down to the index on time, so this asks the raw rows.
CREATE OR REPLACE FUNCTION hourly_candles(
    pair_name text, start_time timestamptz, end_time timestamptz
) RETURNS TABLE (
    bucket timestamptz, open double precision, high double precision, low double precision,
    close double precision, avg_volume double precision
)
LANGUAGE sql STABLE AS $$
    SELECT
        date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ '2000-01-01 00:00:00+00'),
        (array_agg(last ORDER BY timestamp, source_partition, source_offset))[1],
        max(last),
        min(last),
        (array_agg(last ORDER BY timestamp DESC, source_partition DESC, source_offset DESC))[1],
        avg(volume_24h)
    FROM ticker_data
    WHERE pair = pair_name
        AND timestamp >= date_bin(
            INTERVAL '1 hour', start_time + INTERVAL '59 minutes 59.999999 seconds',
            TIMESTAMPTZ '2000-01-01 00:00:00+00'
        )
        AND timestamp < date_bin(
            INTERVAL '1 hour', end_time + INTERVAL '59 minutes 59.999999 seconds',
            TIMESTAMPTZ '2000-01-01 00:00:00+00'
        )
    GROUP BY 1
$$;
