-- How often each trouble occurred, by the hour: what an alert shows of its last day. `hour` is its beginning, ms UTC.
CREATE TABLE alert_occurrence (
  organisation_id TEXT    NOT NULL,
  dedup_key       TEXT    NOT NULL,
  hour            INTEGER NOT NULL CHECK (hour % 3600000 = 0),
  count           INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (organisation_id, dedup_key, hour)
) STRICT, WITHOUT ROWID;

-- Of what was there before only its first time is known by the hour.
INSERT INTO alert_occurrence (organisation_id, dedup_key, hour, count)
SELECT organisation_id, dedup_key, raised_at / 3600000 * 3600000, count(*) FROM alert GROUP BY 1, 2, 3;
