-- Pushes given up on, whose counts went back to be sent with the next one; if a person has one sent after all, they are
-- taken out again.
CREATE TABLE kpi_returned (
  organisation_id TEXT NOT NULL,
  job_id          TEXT NOT NULL,
  PRIMARY KEY (organisation_id, job_id)
) STRICT, WITHOUT ROWID;
