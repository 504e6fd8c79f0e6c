-- Organisations, the people in them, and their connections to the systems outside.

CREATE TABLE organisation (
  id              TEXT    PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  name            TEXT    NOT NULL,
  practice        INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1)),
  time_zone       TEXT    NOT NULL DEFAULT 'Europe/London',
  currency        TEXT    NOT NULL DEFAULT 'GBP' CHECK (length(currency) = 3),
  country         TEXT    NOT NULL DEFAULT 'GB' CHECK (length(country) = 2),
  vat_registered  INTEGER NOT NULL DEFAULT 0 CHECK (vat_registered IN (0, 1)),
  vat_number      TEXT,
  vat_scheme      TEXT    NOT NULL DEFAULT 'standard',
  registered_from TEXT,                        -- YYYY-MM-DD
  partly_exempt   INTEGER NOT NULL DEFAULT 0 CHECK (partly_exempt IN (0, 1)),
  four_eyes       INTEGER NOT NULL DEFAULT 1 CHECK (four_eyes IN (0, 1)),
  settings        TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
  created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
  id               TEXT    NOT NULL,
  organisation_id  TEXT    NOT NULL REFERENCES organisation (id),
  name             TEXT    NOT NULL,
  roles            TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(roles)),
  pin_hash         TEXT,                       -- never the PIN
  pin_failures     INTEGER NOT NULL DEFAULT 0,
  pin_locked_until INTEGER,
  current          INTEGER NOT NULL DEFAULT 0 CHECK (current IN (0, 1)),
  PRIMARY KEY (organisation_id, id)
) STRICT;

-- One a organisation and system: id is '<organisation>/<system>'.
CREATE TABLE connection (
  id               TEXT    PRIMARY KEY,
  organisation_id  TEXT    NOT NULL REFERENCES organisation (id),
  system           TEXT    NOT NULL,
  mode             TEXT    NOT NULL DEFAULT 'on' CHECK (mode IN ('on', 'paused', 'off')),
  settings         TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
  settings_version INTEGER NOT NULL DEFAULT 1,
  parked_code      TEXT,                       -- not null: every job waits for a person
  parked_message   TEXT,
  not_before       INTEGER,                    -- the vendor asked us to wait
  breaker          TEXT    CHECK (breaker IS NULL OR json_valid(breaker)),
  account          TEXT    CHECK (account IS NULL OR json_valid(account)),
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  UNIQUE (organisation_id, system),
  CHECK (id = organisation_id || '/' || system)
) STRICT;
