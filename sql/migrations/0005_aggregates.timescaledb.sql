-- Continuous aggregates by the hour. They are real-time: what is not materialised yet is computed
-- from the raw rows when asked, or answers would be one to two hours late.

-- Venues send several tickers in a second with one timestamp. The first and the last of an hour
-- are well defined only with the order in which they came: time, partition and offset as one key.
-- first and last need a type with operators of its own, and bytes sort like the numbers in them
-- as long as none is negative, which times are before the year 2000.
CREATE MATERIALIZED VIEW ticker_ohlc_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    time_bucket(INTERVAL '1 hour', timestamp) AS bucket,
    pair,
    first(
        last,
        timestamptz_send(timestamp) || int4send(source_partition) || int8send(source_offset)
    ) AS open,
    max(last) AS high,
    min(last) AS low,
    last(
        last,
        timestamptz_send(timestamp) || int4send(source_partition) || int8send(source_offset)
    ) AS close,
    avg(volume_24h) AS avg_volume
FROM ticker_data
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW sentiment_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    time_bucket(INTERVAL '1 hour', timestamp) AS bucket,
    crypto_symbol,
    avg(sentiment_score) AS avg_sentiment,
    count(*) AS sample_count
FROM sentiment_data
GROUP BY 1, 2
WITH NO DATA;

-- Rows older than three days are rare; the sink refreshes the hours that they change itself.
SELECT add_continuous_aggregate_policy(
    name::regclass,
    start_offset => INTERVAL '3 days',
    end_offset => INTERVAL '1 hour',
    schedule_interval => INTERVAL '30 minutes'
)
FROM unnest(ARRAY['ticker_ohlc_hourly', 'sentiment_hourly']) AS name;
