-- Which import brought a wedding, so that it can be taken back as one step; `replaced`: it overwrote an older state.
ALTER TABLE wedding ADD COLUMN import_id TEXT;
ALTER TABLE wedding ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0 CHECK (replaced IN (0, 1));
CREATE INDEX wedding_import ON wedding (organisation_id, import_id) WHERE import_id IS NOT NULL;
