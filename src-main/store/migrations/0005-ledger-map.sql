-- What a person confirmed for one ledger: our tax treatments and categories, and the ledger's own codes for them.

CREATE TABLE ledger_map (
  organisation_id TEXT    NOT NULL REFERENCES organisation (id),
  system          TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('tax', 'account')),
  ours            TEXT    NOT NULL,            -- treatment, or category ('' for every category not named)
  code            TEXT    NOT NULL,
  label           TEXT    NOT NULL,            -- as it was when confirmed: a change there voids the confirmation
  rate            TEXT,                        -- percent, taxes only
  confirmed_by    TEXT    NOT NULL,
  confirmed_at    INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, system, kind, ours)
) STRICT, WITHOUT ROWID;
