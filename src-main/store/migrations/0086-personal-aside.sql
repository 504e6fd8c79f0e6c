-- Personal text of the record lies aside, readable with its person's own key alone (AUD-09).

ALTER TABLE audit_entry ADD COLUMN version INTEGER NOT NULL DEFAULT 1; -- 2: the hash covers `personal`
ALTER TABLE audit_entry ADD COLUMN personal TEXT;  -- JSON {person, sha256} of what lies aside; null: nothing does

CREATE TABLE audit_personal (
  sequence        INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  person_id       TEXT    NOT NULL,
  sealed          BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_personal_person ON audit_personal (organisation_id, person_id);

-- Taken away when its person is erased; never changed.
CREATE TRIGGER audit_personal_no_update BEFORE UPDATE ON audit_personal
BEGIN SELECT RAISE(ABORT, 'personal text of the record cannot be changed'); END;

-- The other half of the key is in the secret store, never here.
ALTER TABLE person ADD COLUMN public_key TEXT;
-- Not null: erased. While `public_key` is there still, the secret store has yet to forget the other half.
ALTER TABLE person ADD COLUMN erased_at INTEGER;
