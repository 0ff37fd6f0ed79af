-- $1 start, $2 end, $3 source, $4 most, $5 crypto; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(shown)::text, E',\n') AS body,
    (array_agg(page.timestamp))[least(count(*), $4 - 1)] AS last_time,
    (array_agg(page.source))[least(count(*), $4 - 1)] AS last_source
FROM (
    SELECT *
    FROM (
        -- In the order that indexes and compressed chunks have, with all ties of the last row.
        -- Only these are sorted, not all that a chunk has.
        SELECT
            timestamp, crypto_symbol, sentiment_score, sentiment_label, source, confidence,
            window_start, article_count, positive, neutral, negative, revision, final
        FROM sentiment_data
        WHERE timestamp >= $1 AND timestamp <= $2
            AND (timestamp, source) < ($2, $3)
            AND crypto_symbol = $5
        ORDER BY timestamp DESC
        FETCH FIRST ($4) ROWS WITH TIES
    ) AS newest
    ORDER BY timestamp DESC, source DESC
    LIMIT $4
) AS page
CROSS JOIN LATERAL (
    SELECT
        page.timestamp, page.crypto_symbol, page.sentiment_score, page.sentiment_label,
        page.source, page.confidence, page.window_start, page.article_count, page.positive,
        page.neutral, page.negative, page.revision, page.final
) AS shown
