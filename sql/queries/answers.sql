-- No parameters. Answers 1 when the database can be asked at all.
SELECT 1
