-- The tables. Raw rows carry the Kafka coordinates they came from; results have a key of their own.

CREATE TABLE ticker_data (
    timestamp        timestamptz      NOT NULL,
    pair             text             NOT NULL,
    last             double precision NOT NULL,
    bid              double precision,
    ask              double precision,
    volume_24h       double precision,
    source_partition integer          NOT NULL,
    source_offset    bigint           NOT NULL
);

CREATE TABLE trade_data (
    timestamp        timestamptz      NOT NULL,
    pair             text             NOT NULL,
    price            double precision NOT NULL,
    volume           double precision NOT NULL,
    side             text             CHECK (side IN ('b', 's')),
    source_partition integer          NOT NULL,
    source_offset    bigint           NOT NULL
);

CREATE TABLE article_data (
    timestamp                  timestamptz      NOT NULL,
    article_id                 text,
    title                      text,
    url                        text,
    website                    text,
    summary                    text,
    cryptocurrencies_mentioned text[]           NOT NULL DEFAULT '{}',
    sentiment_score            double precision NOT NULL,
    sentiment_label            text             NOT NULL,
    source_partition           integer          NOT NULL,
    source_offset              bigint           NOT NULL
);

CREATE TABLE alert_data (
    timestamp        timestamptz      NOT NULL,
    pair             text             NOT NULL,
    last_price       double precision NOT NULL,
    change_percent   double precision NOT NULL,
    threshold        double precision NOT NULL,
    alert_type       text             NOT NULL CHECK (alert_type IN ('PRICE_UP', 'PRICE_DOWN')),
    source_partition integer          NOT NULL,
    source_offset    bigint           NOT NULL
);

-- One row a window: timestamp is the window's end. A source names what was folded and over which
-- size of window, so that windows of two sizes can end at one time.
CREATE TABLE sentiment_data (
    timestamp       timestamptz      NOT NULL,
    crypto_symbol   text             NOT NULL,
    sentiment_score double precision,
    sentiment_label text,
    source          text             NOT NULL,
    confidence      double precision,
    window_start    timestamptz      NOT NULL,
    article_count   integer          NOT NULL,
    positive        integer          NOT NULL,
    neutral         integer          NOT NULL,
    negative        integer          NOT NULL,
    revision        integer          NOT NULL,
    final           boolean          NOT NULL
);

-- timestamp is the time predicted for. What was predicted never changes; a higher revision only
-- brings the actual price, or corrects it.
CREATE TABLE prediction_data (
    timestamp                timestamptz      NOT NULL,
    crypto_symbol            text             NOT NULL,
    predicted_price          double precision NOT NULL,
    actual_price             double precision,
    model_name               text             NOT NULL,
    confidence_interval_low  double precision,
    confidence_interval_high double precision,
    pair                     text             NOT NULL,
    made_at                  timestamptz      NOT NULL,
    horizon                  integer          NOT NULL,
    level                    double precision NOT NULL,
    revision                 integer          NOT NULL DEFAULT 0
);

COMMENT ON COLUMN prediction_data.horizon IS 'seconds from made_at to timestamp';
COMMENT ON COLUMN prediction_data.level IS 'probability that the interval is meant to cover';

-- Up to where each partition of a topic has been written. It moves in the transaction that writes
-- the rows, so it, and not Kafka's committed offset, says what is here. Rows are updated for every
-- batch: the free space keeps those updates on their page.
CREATE TABLE sink_offset (
    topic     text    NOT NULL,
    partition integer NOT NULL,
    next      bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
