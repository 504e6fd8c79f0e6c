-- Work that is done again and again. Rules and work are JSON (domain/schedule, engine/schedules).
CREATE TABLE schedule (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  rule TEXT NOT NULL CHECK (json_valid(rule)),
  work TEXT NOT NULL CHECK (json_valid(work)),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  -- Whoever set it up prepares by it, so four eyes still count.
  person_id TEXT NOT NULL,
  person TEXT NOT NULL,
  -- Occurrences up to here are done with, whatever the clock does.
  done_until INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule_run (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  schedule_id TEXT NOT NULL,
  -- The month or day it stands for; a dry run and one by hand stand for none.
  period_key TEXT,
  due_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  how TEXT NOT NULL CHECK (how IN ('on time', 'caught up', 'by hand', 'dry run')),
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  result TEXT NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;
-- Never twice for one period (R31).
CREATE UNIQUE INDEX schedule_run_period ON schedule_run (organisation_id, schedule_id, period_key)
  WHERE period_key IS NOT NULL;
CREATE INDEX schedule_run_started ON schedule_run (organisation_id, schedule_id, started_at);
