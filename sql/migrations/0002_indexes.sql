-- What readers ask for: one subject over time, newest first; and the seed's filters.

CREATE INDEX ticker_data_pair_time ON ticker_data (pair, timestamp DESC);

CREATE INDEX trade_data_pair_time ON trade_data (pair, timestamp DESC);
CREATE INDEX trade_data_side_time ON trade_data (side, timestamp DESC);

CREATE INDEX article_data_time ON article_data (timestamp DESC);
CREATE INDEX article_data_cryptos ON article_data USING gin (cryptocurrencies_mentioned);
CREATE INDEX article_data_label_time ON article_data (sentiment_label, timestamp DESC);
CREATE INDEX article_data_website_time ON article_data (website, timestamp DESC);

CREATE INDEX alert_data_time ON alert_data (timestamp DESC);
CREATE INDEX alert_data_pair_time ON alert_data (pair, timestamp DESC);
CREATE INDEX alert_data_type_time ON alert_data (alert_type, timestamp DESC);

-- Keys of the results. The first also serves the history of one crypto.
CREATE UNIQUE INDEX sentiment_data_key ON sentiment_data (crypto_symbol, timestamp DESC, source);
CREATE UNIQUE INDEX prediction_data_key
    ON prediction_data (pair, model_name, horizon, timestamp DESC);
CREATE INDEX prediction_data_crypto_time ON prediction_data (crypto_symbol, timestamp DESC);
CREATE INDEX prediction_data_model_time ON prediction_data (model_name, timestamp DESC);
