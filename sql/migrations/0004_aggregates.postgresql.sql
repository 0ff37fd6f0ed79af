-- The aggregates' names and columns, without TimescaleDB: views, always up to date.

CREATE VIEW ticker_ohlc_hourly AS
SELECT
    date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket,
    pair,
    (array_agg(last ORDER BY timestamp, source_partition, source_offset))[1] AS open,
    max(last) AS high,
    min(last) AS low,
    (array_agg(last ORDER BY timestamp DESC, source_partition DESC, source_offset DESC))[1]
        AS close,
    avg(volume_24h) AS avg_volume
FROM ticker_data
GROUP BY 1, 2;

CREATE VIEW sentiment_hourly AS
SELECT
    date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket,
    crypto_symbol,
    avg(sentiment_score) AS avg_sentiment,
    count(*) AS sample_count
FROM sentiment_data
GROUP BY 1, 2;
