-- KPI points, what they are computed from beyond the other tables, and what was told to monitoring.
--
-- A point is keyed by (kpi, grain, at, venue, region); '' means "all of them". `at` is the start of the interval, ms UTC.
-- value is exact decimal text and NULL when it cannot be known, with the reason beside it; number is the same for exporters.
CREATE TABLE kpi_point (
  organisation_id TEXT    NOT NULL,
  kpi             TEXT    NOT NULL,
  grain           TEXT    NOT NULL CHECK (grain IN ('hour', 'day', 'month')),
  at              INTEGER NOT NULL,
  venue           TEXT    NOT NULL DEFAULT '',     -- slug
  region          TEXT    NOT NULL DEFAULT '',     -- slug
  season          TEXT    NOT NULL CHECK (season IN ('peak', 'shoulder', 'off_season')),
  value           TEXT,
  number          REAL,
  reason          TEXT,
  inputs          TEXT    NOT NULL DEFAULT '{}',   -- name -> decimal text, JSON
  batch_id        TEXT    NOT NULL,
  computed_at     INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, kpi, grain, at, venue, region),
  CHECK ((value IS NULL) = (reason IS NOT NULL) AND (value IS NULL) = (number IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX kpi_point_changed ON kpi_point (organisation_id, computed_at);

-- One run of the computation; every point names the last one that changed it.
CREATE TABLE kpi_batch (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  started_at      INTEGER NOT NULL,
  ms              INTEGER NOT NULL,
  points          INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

-- The words behind a slug, so that a slug never changes its meaning.
CREATE TABLE kpi_dimension (
  organisation_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('venue', 'region')),
  name_key        TEXT    NOT NULL,                -- lower case
  name            TEXT    NOT NULL,
  slug            TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, kind, name_key)
) STRICT, WITHOUT ROWID;

-- Figures no other table holds: survey answers, provisioned capacity, reported latency. The newest at or before an
-- interval counts where `carried`, else those inside it are summed.
CREATE TABLE kpi_input (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  value           TEXT    NOT NULL,
  source          TEXT    NOT NULL,
  recorded_at     INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name, at)
) STRICT, WITHOUT ROWID;

-- What has to be computed again: hours of usage, days of costs and weddings, or everything (at 0).
CREATE TABLE kpi_dirty (
  organisation_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('usage', 'cost', 'wedding', 'input', 'all')),
  at              TEXT    NOT NULL,                -- hour start in ms for usage and input, else YYYY-MM-DD
  PRIMARY KEY (organisation_id, kind, at)
) STRICT, WITHOUT ROWID;

-- Quality gate (K3): the newest result per data set and check.
CREATE TABLE kpi_gate (
  organisation_id TEXT    NOT NULL,
  dataset         TEXT    NOT NULL,
  checked_at      INTEGER NOT NULL,
  passed          INTEGER NOT NULL CHECK (passed IN (0, 1)),
  findings        TEXT    NOT NULL CHECK (json_valid(findings)),
  PRIMARY KEY (organisation_id, dataset)
) STRICT, WITHOUT ROWID;

-- Running totals: total never goes down (a correction shows once it is overtaken).
CREATE TABLE kpi_counter (
  organisation_id TEXT    NOT NULL,
  kpi             TEXT    NOT NULL,
  venue           TEXT    NOT NULL DEFAULT '',
  region          TEXT    NOT NULL DEFAULT '',
  total           TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, kpi, venue, region)
) STRICT, WITHOUT ROWID;

-- Per destination: what of each total is on its way or arrived. Only a delivered job leaves it there.
CREATE TABLE kpi_counter_sent (
  organisation_id TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  kpi             TEXT    NOT NULL,
  venue           TEXT    NOT NULL DEFAULT '',
  region          TEXT    NOT NULL DEFAULT '',
  queued          TEXT    NOT NULL,
  acked           TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, system, kpi, venue, region)
) STRICT, WITHOUT ROWID;

-- The last push and the last sync of each system, and what it lost.
CREATE TABLE kpi_sync (
  organisation_id TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  ok              INTEGER NOT NULL CHECK (ok IN (0, 1)),
  ms              INTEGER NOT NULL,
  points          INTEGER NOT NULL,
  detail          TEXT    NOT NULL DEFAULT '',
  succeeded_at    INTEGER,
  lost_points     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (organisation_id, system)
) STRICT, WITHOUT ROWID;
