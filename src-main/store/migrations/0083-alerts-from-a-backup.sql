-- Open when the backup was made that the database was restored from: rests until somebody takes or releases it, or its
-- source reports it again. Milliseconds UTC of the backup's newest entry; NULL: as usual.
ALTER TABLE alert ADD COLUMN from_backup INTEGER;
CREATE INDEX alert_from_backup ON alert (organisation_id, from_backup) WHERE from_backup IS NOT NULL;
