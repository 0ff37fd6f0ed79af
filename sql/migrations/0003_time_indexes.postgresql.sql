-- Without chunks, dropping expired rows and asking for the newest time need an index on time alone.
-- Rows arrive nearly in the order of time, so a block range index is enough and costs nothing.

CREATE INDEX ticker_data_time_range ON ticker_data USING brin (timestamp);
CREATE INDEX trade_data_time_range ON trade_data USING brin (timestamp);
CREATE INDEX sentiment_data_time_range ON sentiment_data USING brin (timestamp);
CREATE INDEX prediction_data_time_range ON prediction_data USING brin (timestamp);
