-- How large each table is: rows as estimated from statistics, bytes with indexes; no chunks.
CREATE OR REPLACE FUNCTION table_sizes() RETURNS TABLE (
    table_name text, row_estimate bigint, bytes bigint, chunks integer, compressed_chunks integer
)
LANGUAGE sql STABLE AS $$
    SELECT
        name,
        -- A table that was never analysed says -1.
        greatest(reltuples, 0)::bigint,
        pg_total_relation_size(oid),
        0,
        0
    FROM unnest(ARRAY[
        'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data',
        'prediction_data'
    ]) AS name
    JOIN pg_class ON oid = name::regclass
$$;
