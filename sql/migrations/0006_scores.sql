-- How good predictions were, a row for each day (UTC): timestamp is its beginning, as_of the newest
-- time whose price had been predicted by then. Few rows, so they are no hypertables and are kept.

CREATE TABLE score_data (
    timestamp          timestamptz      NOT NULL,
    crypto_symbol      text             NOT NULL,
    pair               text             NOT NULL,
    model_name         text             NOT NULL,
    horizon            integer          NOT NULL,
    period             text             NOT NULL,
    as_of              timestamptz      NOT NULL,
    count              integer          NOT NULL,
    mae                double precision NOT NULL,
    mape               double precision NOT NULL,
    bias               double precision NOT NULL,
    coverage           double precision NOT NULL,
    mean_width         double precision NOT NULL,
    interval_score     double precision NOT NULL,
    skill              double precision,
    direction_accuracy double precision,
    revision           bigint           NOT NULL
);

CREATE UNIQUE INDEX score_data_key
    ON score_data (pair, model_name, horizon, period, timestamp DESC);
CREATE INDEX score_data_crypto_time ON score_data (crypto_symbol, timestamp DESC);

COMMENT ON COLUMN score_data.horizon IS 'seconds';
COMMENT ON COLUMN score_data.period IS '24h or 7d, the time up to as_of that the score is of';

CREATE TABLE sentiment_skill_data (
    timestamp      timestamptz      NOT NULL,
    crypto_symbol  text             NOT NULL,
    pair           text             NOT NULL,
    horizon        integer          NOT NULL,
    as_of          timestamptz      NOT NULL,
    hours          integer          NOT NULL,
    skill          double precision NOT NULL,
    standard_error double precision,
    revision       bigint           NOT NULL
);

CREATE UNIQUE INDEX sentiment_skill_data_key
    ON sentiment_skill_data (crypto_symbol, pair, horizon, timestamp DESC);
