-- Without policies there is nothing to set: the worker's leader calls drop_expired.
CREATE OR REPLACE FUNCTION set_retention(days integer) RETURNS boolean
LANGUAGE sql AS $$ SELECT false $$;
