-- The hourly candles of one pair whose hour begins in [start_time, end_time), from the aggregate.
CREATE OR REPLACE FUNCTION hourly_candles(
    pair_name text, start_time timestamptz, end_time timestamptz
) RETURNS TABLE (
    bucket timestamptz, open double precision, high double precision, low double precision,
    close double precision, avg_volume double precision
)
LANGUAGE sql STABLE AS $$
    SELECT bucket, open, high, low, close, avg_volume
    FROM ticker_ohlc_hourly
    WHERE pair = pair_name AND bucket >= start_time AND bucket < end_time
$$;
