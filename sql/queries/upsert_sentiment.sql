-- One array a column, in the order of the column list. A row gives way only to a higher revision,
-- to the final row of its revision, or to one that has folded more articles.
INSERT INTO sentiment_data AS stored (
    timestamp, crypto_symbol, sentiment_score, sentiment_label, source, confidence,
    window_start, article_count, positive, neutral, negative, revision, final
)
SELECT * FROM unnest(
    $1::timestamptz[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::float8[],
    $7::timestamptz[], $8::integer[], $9::integer[], $10::integer[], $11::integer[],
    $12::integer[], $13::boolean[]
)
ON CONFLICT (crypto_symbol, timestamp, source) DO UPDATE SET
    sentiment_score = excluded.sentiment_score,
    sentiment_label = excluded.sentiment_label,
    confidence = excluded.confidence,
    window_start = excluded.window_start,
    article_count = excluded.article_count,
    positive = excluded.positive,
    neutral = excluded.neutral,
    negative = excluded.negative,
    revision = excluded.revision,
    final = excluded.final
WHERE (stored.revision, stored.final, stored.article_count)
    < (excluded.revision, excluded.final, excluded.article_count)
