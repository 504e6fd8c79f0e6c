-- Pages of a month's costs on their way in from a vendor's cost API: a fetch that was cut off goes on behind the last one.
-- `page` counts from 0; `next` is the vendor's cursor; `costs` is JSON as read. Gone once the month is imported.
CREATE TABLE cost_fetch_page (
  organisation_id TEXT NOT NULL,
  source TEXT NOT NULL,
  month TEXT NOT NULL,
  page INTEGER NOT NULL,
  next TEXT,
  costs TEXT NOT NULL CHECK (json_valid(costs)),
  at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source, month, page)
) STRICT, WITHOUT ROWID;

-- What a month was when it was last fetched.
CREATE TABLE cost_fetch (
  organisation_id TEXT NOT NULL,
  source TEXT NOT NULL,
  month TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('final', 'provisional')),
  import_id TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source, month)
) STRICT, WITHOUT ROWID;
