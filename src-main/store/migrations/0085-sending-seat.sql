-- Which seat (data folder on a computer) sends for an organisation, since when (R52); who decided and why is on the record.
CREATE TABLE sending_seat (
  organisation_id TEXT NOT NULL PRIMARY KEY,
  seat_id TEXT NOT NULL,
  seat_name TEXT NOT NULL,
  -- The computer and where on it the folder lay, to know a moved folder from a copied one; NULL: another computer.
  computer TEXT,
  place TEXT,
  -- Counts the decisions; the higher one is the later one.
  number INTEGER NOT NULL,
  since INTEGER NOT NULL,
  -- The seat that found at its start that another one sends, and held what was unfinished; NULL: none has.
  watcher TEXT,
  -- Another copy that was heard sending as well: what must never be sent twice stops until somebody decides.
  rival_id TEXT,
  rival_name TEXT
) STRICT, WITHOUT ROWID;
