-- Chunks of seven days. A database that began as plain PostgreSQL has rows, which move into chunks,
-- and views under the names of the aggregates, which give way to them.

DROP VIEW IF EXISTS ticker_ohlc_hourly, sentiment_hourly;
DROP INDEX IF EXISTS
    ticker_data_time_range,
    trade_data_time_range,
    sentiment_data_time_range,
    prediction_data_time_range;

SELECT create_hypertable(
    name::regclass,
    by_range('timestamp', INTERVAL '7 days'),
    create_default_indexes => false,
    migrate_data => true
)
FROM unnest(ARRAY[
    'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data', 'prediction_data'
]) AS name;
