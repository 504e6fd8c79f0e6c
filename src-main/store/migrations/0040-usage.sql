-- AI usage of vendors. Raw records for idempotency and undo; figures come from usage_month, kept beside every import.

CREATE TABLE vendor (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  email           TEXT    NOT NULL,
  -- asked: seen in a file, nobody has said yet who it is; ignored: is not to be pushed for.
  state           TEXT    NOT NULL CHECK (state IN ('confirmed', 'asked', 'ignored')),
  -- Another vendor this one turned out to be; its usage counts there.
  same_as         TEXT,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;

-- Every way a file may name a vendor: id, e-mail, name; lower case.
CREATE TABLE vendor_alias (
  organisation_id TEXT NOT NULL,
  alias           TEXT NOT NULL,
  vendor_id       TEXT NOT NULL,
  PRIMARY KEY (organisation_id, alias)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_record (
  organisation_id TEXT    NOT NULL,
  key             BLOB    NOT NULL,            -- of the record's own id, else of its content
  content         BLOB    NOT NULL,            -- of its content: the same id with other content is refused
  import_id       TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  day             TEXT    NOT NULL,            -- local, YYYY-MM-DD
  feature         TEXT    NOT NULL,
  at              INTEGER NOT NULL,            -- ms UTC
  success         INTEGER NOT NULL,
  in_window       INTEGER NOT NULL,            -- Friday 18:00 to Sunday 23:00 local
  seconds         INTEGER NOT NULL,            -- as reported
  client          TEXT    NOT NULL,
  wedding         TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX usage_record_key ON usage_record (organisation_id, key);
CREATE INDEX usage_record_import ON usage_record (organisation_id, import_id);

CREATE TABLE usage_month (
  organisation_id TEXT    NOT NULL,
  month           TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  feature         TEXT    NOT NULL,
  requests        INTEGER NOT NULL,
  successful      INTEGER NOT NULL,
  in_window       INTEGER NOT NULL,
  seconds         INTEGER NOT NULL,
  latest_day      TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, month, vendor_id, feature)
) STRICT, WITHOUT ROWID;

-- Clients a vendor reached by a feature in a month, so that they are counted once however long the period.
CREATE TABLE usage_client (
  organisation_id TEXT    NOT NULL,
  month           TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  feature         TEXT    NOT NULL,
  client          TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, month, vendor_id, feature, client)
) STRICT, WITHOUT ROWID;
