-- $1 days integer, null keeps everything
SELECT set_retention($1)
