-- A line split into lines of their own (F4). The whole is left out and keeps its place: it is what a later document is
-- compared with, and what the parts go back into when the step is undone.
CREATE TABLE line_split (
  organisation_id TEXT NOT NULL,
  part_id TEXT NOT NULL,
  whole_id TEXT NOT NULL,
  change_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, part_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX line_split_whole ON line_split (organisation_id, whole_id);
CREATE INDEX line_split_change ON line_split (organisation_id, change_id);
