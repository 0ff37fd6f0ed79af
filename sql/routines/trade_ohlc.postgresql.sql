-- Candles of the trades of one pair that begin in [start_time, end_time), both multiples of step.
-- The views cannot pass bounds on their bucket down to the index on time, so this asks the rows.
CREATE OR REPLACE FUNCTION trade_ohlc(
    pair_name text, start_time timestamptz, end_time timestamptz, step interval
) RETURNS TABLE (
    bucket timestamptz, open double precision, high double precision, low double precision,
    close double precision, volume double precision, buy_volume double precision,
    sell_volume double precision, quote_volume double precision, trades bigint
)
LANGUAGE sql STABLE AS $$
    SELECT
        date_bin(step, timestamp, TIMESTAMPTZ '2000-01-01 00:00:00+00'),
        (array_agg(price ORDER BY timestamp, source_partition, source_offset))[1],
        max(price),
        min(price),
        (array_agg(price ORDER BY timestamp DESC, source_partition DESC, source_offset DESC))[1],
        sum(volume),
        coalesce(sum(volume) FILTER (WHERE side = 'b'), 0),
        coalesce(sum(volume) FILTER (WHERE side = 's'), 0),
        sum(price * volume),
        count(*)
    FROM trade_data
    WHERE pair = pair_name AND timestamp >= start_time AND timestamp < end_time
    GROUP BY 1
$$;

-- The time of the newest trade of a pair in [start_time, end_time), or null.
CREATE OR REPLACE FUNCTION newest_trade(
    pair_name text, start_time timestamptz, end_time timestamptz, step interval
) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT max(timestamp) FROM trade_data
    WHERE pair = pair_name AND timestamp >= start_time AND timestamp < end_time
$$;
