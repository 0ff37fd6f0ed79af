-- Drop chunks older than `days`, or keep everything when it is null. A policy that says so already
-- is left alone, with the history of its job. Answers whether anything was changed.
CREATE OR REPLACE FUNCTION set_retention(days integer) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    wanted interval := make_interval(days => days);
    name text;
    present interval;
    changed boolean := false;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data',
        'prediction_data'
    ] LOOP
        SELECT (config ->> 'drop_after')::interval INTO present
        FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_retention'
            AND hypertable_schema = current_schema() AND hypertable_name = name;
        CONTINUE WHEN present IS NOT DISTINCT FROM wanted;
        PERFORM remove_retention_policy(name::regclass, if_exists => true);
        IF wanted IS NOT NULL THEN
            PERFORM add_retention_policy(name::regclass, drop_after => wanted);
        END IF;
        changed := true;
    END LOOP;
    RETURN changed;
END
$$;
