-- Documents that stood in a ledger before ours went there, and look like one of ours (F11); found when a batch is prepared.
CREATE TABLE ledger_duplicate (
  organisation_id TEXT NOT NULL,
  -- The same for the same content of ours and the same document there.
  id TEXT NOT NULL,
  target TEXT NOT NULL,
  -- The period that was prepared when it was last seen.
  period TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('same', 'likely')),
  -- Ours and theirs as JSON; ours names its lines.
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  -- null: a person has yet to say.
  decision TEXT CHECK (decision IN ('link', 'post', 'leave-out')),
  reason TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL DEFAULT '',
  decided_at INTEGER,
  -- The step that left the lines out.
  change_id TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;
