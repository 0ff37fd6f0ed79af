-- Chunks older than seven days are compressed. Rows are segmented by what histories are asked for,
-- and ordered as they are answered.

ALTER TABLE ticker_data SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'pair',
    timescaledb.compress_orderby = 'timestamp DESC'
);
ALTER TABLE trade_data SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'pair',
    timescaledb.compress_orderby = 'timestamp DESC'
);
ALTER TABLE article_data SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'website',
    timescaledb.compress_orderby = 'timestamp DESC'
);
ALTER TABLE alert_data SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'pair',
    timescaledb.compress_orderby = 'timestamp DESC'
);
-- The columns of the unique keys are here too, so that an upsert finds its row without
-- decompressing the whole chunk.
ALTER TABLE sentiment_data SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'crypto_symbol',
    timescaledb.compress_orderby = 'timestamp DESC, source'
);
ALTER TABLE prediction_data SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'crypto_symbol, pair, model_name',
    timescaledb.compress_orderby = 'timestamp DESC, horizon'
);

SELECT add_compression_policy(name::regclass, compress_after => INTERVAL '7 days')
FROM unnest(ARRAY[
    'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data', 'prediction_data'
]) AS name;
