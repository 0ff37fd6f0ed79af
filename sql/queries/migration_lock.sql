-- No parameters. Held until the transaction ends; one lock for each schema that is migrated.
SELECT pg_advisory_xact_lock(hashtextextended('cryptoviz migrate ' || current_schema(), 0))
