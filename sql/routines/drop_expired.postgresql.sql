-- Delete at most `most` rows of each table that are older than `days`; answers how many went.
CREATE OR REPLACE FUNCTION drop_expired(days integer, most integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    horizon timestamptz := now() - make_interval(days => days);
    name text;
    deleted bigint;
    total bigint := 0;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data',
        'prediction_data'
    ] LOOP
        EXECUTE format(
            'DELETE FROM %1$I WHERE ctid = ANY (ARRAY('
            'SELECT ctid FROM %1$I WHERE timestamp < $1 LIMIT $2))', name
        ) USING horizon, most;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        total := total + deleted;
    END LOOP;
    RETURN total;
END
$$;
