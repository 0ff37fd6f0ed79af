-- Candles of the trades of one pair that begin in [start_time, end_time), from the aggregates: by
-- the hour for steps of whole hours, else by the minute.
CREATE OR REPLACE FUNCTION trade_ohlc(
    pair_name text, start_time timestamptz, end_time timestamptz, step interval
) RETURNS TABLE (
    bucket timestamptz, open double precision, high double precision, low double precision,
    close double precision, volume double precision, buy_volume double precision,
    sell_volume double precision, quote_volume double precision, trades bigint
)
LANGUAGE sql STABLE AS $$
    SELECT
        bucket, open, high, low, close, volume, buy_volume, sell_volume, quote_volume, trades
    FROM trade_ohlc_hourly
    WHERE step >= INTERVAL '1 hour' AND pair = pair_name
        AND bucket >= start_time AND bucket < end_time
    UNION ALL
    SELECT
        bucket, open, high, low, close, volume, buy_volume, sell_volume, quote_volume, trades
    FROM trade_ohlc_minute
    WHERE step < INTERVAL '1 hour' AND pair = pair_name
        AND bucket >= start_time AND bucket < end_time
$$;

-- The newest candle of a pair that begins in [start_time, end_time), or null. Hours outlive the
-- rows and the minutes that retention drops.
CREATE OR REPLACE FUNCTION newest_trade(
    pair_name text, start_time timestamptz, end_time timestamptz, step interval
) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT bucket FROM trade_ohlc(pair_name, start_time, end_time, step)
    ORDER BY bucket DESC
    LIMIT 1
$$;
