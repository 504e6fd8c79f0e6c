-- Append-only, hash-chained (AUD-01 to AUD-03). Sequence has no gaps: it is computed inside the writing transaction.

CREATE TABLE audit_entry (
  sequence        INTEGER PRIMARY KEY CHECK (sequence > 0),
  at              INTEGER NOT NULL,
  monotonic_ms    INTEGER NOT NULL,
  process_id      TEXT    NOT NULL,            -- id of the program start that wrote it
  organisation_id TEXT    NOT NULL,
  actor           TEXT    NOT NULL,
  channel         TEXT    NOT NULL,
  action          TEXT    NOT NULL,
  object          TEXT    NOT NULL,
  before          TEXT    CHECK (before IS NULL OR json_valid(before)),
  after           TEXT    CHECK (after IS NULL OR json_valid(after)),
  reason          TEXT    NOT NULL,
  correlation_id  TEXT    NOT NULL,
  previous_hash   TEXT    NOT NULL,
  hash            TEXT    NOT NULL,
  key_id          TEXT,                        -- which key made `mac`; null: no key was at hand
  mac             TEXT,
  CHECK ((key_id IS NULL) = (mac IS NULL))
) STRICT;

CREATE INDEX audit_entry_organisation ON audit_entry (organisation_id, sequence);
CREATE INDEX audit_entry_object ON audit_entry (organisation_id, object, sequence);

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit entries cannot be changed'); END;

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit entries cannot be deleted'); END;
