-- A BI sync: what was judged and put into files, and what became of it in each system.
CREATE TABLE bi_run (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  started_at      INTEGER NOT NULL,
  datasets        TEXT    NOT NULL CHECK (json_valid(datasets)),   -- a file, or what blocked it, for each data set
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

-- One row a system, and for the warehouse one a data set. `waiting`: until the warehouse has the rows.
CREATE TABLE bi_part (
  organisation_id TEXT    NOT NULL,
  run_id          TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  dataset         TEXT    NOT NULL DEFAULT '',
  state           TEXT    NOT NULL CHECK (state IN ('waiting', 'queued', 'delivered', 'failed')),
  job_id          TEXT,
  rows            INTEGER NOT NULL DEFAULT 0,
  changed         INTEGER NOT NULL DEFAULT 0,      -- warehouse: rows new, different or gone
  detail          TEXT    NOT NULL DEFAULT '',
  ended_at        INTEGER,
  PRIMARY KEY (organisation_id, run_id, system, dataset)
) STRICT, WITHOUT ROWID;
