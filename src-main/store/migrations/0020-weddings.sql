-- The wedding calendar. Days are 'YYYY-MM-DD' in the organisation's zone, instants INTEGER milliseconds UTC.

CREATE TABLE wedding (
  organisation_id TEXT    NOT NULL,
  key             TEXT    NOT NULL,            -- calendar UID with occurrence, or booking reference
  series          TEXT    NOT NULL,
  sequence        INTEGER NOT NULL,
  status          TEXT    NOT NULL CHECK (status IN ('confirmed', 'tentative', 'cancelled')),
  date            TEXT    NOT NULL,
  last_date       TEXT    NOT NULL,
  starts_at       INTEGER,                     -- null: only the day is known
  venue           TEXT    NOT NULL,
  region          TEXT    NOT NULL,
  reference       TEXT    NOT NULL,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, key)
) STRICT;
CREATE INDEX wedding_day ON wedding (organisation_id, last_date, date);
CREATE INDEX wedding_series ON wedding (organisation_id, series);

-- Couples' names, apart from everything that may leave (X13).
CREATE TABLE wedding_couple (
  organisation_id TEXT NOT NULL,
  key             TEXT NOT NULL,
  names           TEXT NOT NULL,
  PRIMARY KEY (organisation_id, key)
) STRICT;

CREATE TABLE venue (
  organisation_id TEXT NOT NULL,
  name_key        TEXT NOT NULL,               -- lower case
  name            TEXT NOT NULL,
  region          TEXT NOT NULL,
  PRIMARY KEY (organisation_id, name_key)
) STRICT;

-- Wedding-day mode switched by hand (T2); the newest that covers a moment decides.
CREATE TABLE wedding_mode_switch (
  seq             INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  mode            TEXT    NOT NULL CHECK (mode IN ('on', 'off')),
  reason          TEXT    NOT NULL CHECK (length(reason) > 0),
  by_person       TEXT    NOT NULL,
  starts_at       INTEGER NOT NULL,
  ends_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX wedding_mode_switch_end ON wedding_mode_switch (organisation_id, ends_at);

-- Years brought in from a calendar file replace the built-in ones.
CREATE TABLE bank_holiday (
  organisation_id TEXT NOT NULL,
  date            TEXT NOT NULL,
  name            TEXT NOT NULL,
  PRIMARY KEY (organisation_id, date)
) STRICT;

-- Operational settings of one organisation, JSON: nation, routing, heartbeat, calendar.
CREATE TABLE ops_setting (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  value           TEXT    NOT NULL CHECK (json_valid(value)),
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name)
) STRICT;
