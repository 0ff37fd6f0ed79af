-- Drop chunks older than `days`, or keep everything when it is null. Minutes go with the rows they
-- are made of, hours stay. A policy that says so already
-- is left alone, with the history of its job. Answers whether anything was changed.
CREATE OR REPLACE FUNCTION set_retention(days integer) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    wanted interval := make_interval(days => days);
    -- Refreshing hours whose rows are dropped would empty them, so a short retention shortens what
    -- the aggregates' policies look back on. least() ignores a null.
    look_back interval := least(INTERVAL '3 days', wanted - INTERVAL '2 hours');
    name text;
    present interval;
    job record;
    changed boolean := false;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'ticker_data', 'trade_data', 'article_data', 'alert_data', 'sentiment_data',
        'prediction_data', 'trade_ohlc_minute'
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
    FOR job IN
        SELECT job_id, config
        FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_refresh_continuous_aggregate'
            AND hypertable_schema = current_schema()
            AND (config ->> 'start_offset')::interval <> look_back
    LOOP
        PERFORM alter_job(
            job.job_id,
            config => jsonb_set(job.config, '{start_offset}', to_jsonb(look_back::text))
        );
        changed := true;
    END LOOP;
    RETURN changed;
END
$$;
