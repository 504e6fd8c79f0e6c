-- Work to be done again is claimed before it is computed, so that a change that arrives meanwhile is not taken for done.
DROP TABLE kpi_dirty;
CREATE TABLE kpi_dirty (
  organisation_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('usage', 'cost', 'wedding', 'input')),
  at              TEXT    NOT NULL,                -- hour start in ms for usage and input, else YYYY-MM-DD
  claimed         INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),
  PRIMARY KEY (organisation_id, kind, at, claimed)
) STRICT, WITHOUT ROWID;

-- A wedding counts as assisted by requests that name it, whenever they were made.
CREATE INDEX usage_record_wedding ON usage_record (organisation_id, wedding) WHERE wedding <> '';
CREATE INDEX wedding_reference ON wedding (organisation_id, reference);
CREATE TRIGGER kpi_assist_added AFTER INSERT ON usage_record WHEN new.wedding <> '' BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT organisation_id, 'wedding', date FROM wedding
  WHERE organisation_id = new.organisation_id AND reference = new.wedding ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_assist_removed AFTER DELETE ON usage_record WHEN old.wedding <> '' BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT organisation_id, 'wedding', date FROM wedding
  WHERE organisation_id = old.organisation_id AND reference = old.wedding ON CONFLICT DO NOTHING;
END;

-- The sum as the points add up now; total is the highest it has been.
ALTER TABLE kpi_counter ADD COLUMN sum TEXT NOT NULL DEFAULT '0';

-- What is known already when this version comes in.
INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'usage', CAST(at - at % 3600000 AS TEXT) FROM usage_record;
INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line;
INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'wedding', date FROM wedding;
