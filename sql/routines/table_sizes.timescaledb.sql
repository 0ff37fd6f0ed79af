-- How large each table is: rows as estimated from statistics, bytes with indexes, chunks.
CREATE OR REPLACE FUNCTION table_sizes() RETURNS TABLE (
    table_name text, row_estimate bigint, bytes bigint, chunks integer, compressed_chunks integer
)
LANGUAGE sql STABLE AS $$
    SELECT
        name,
        approximate_row_count(name::regclass),
        coalesce(hypertable_size(name::regclass), 0)::bigint,
        count(chunk.chunk_name)::integer,
        (count(chunk.chunk_name) FILTER (WHERE chunk.is_compressed))::integer
    FROM unnest(ARRAY[
        'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data',
        'prediction_data'
    ]) AS name
    LEFT JOIN timescaledb_information.chunks AS chunk
        ON chunk.hypertable_schema = current_schema() AND chunk.hypertable_name = name
    GROUP BY name
$$;
