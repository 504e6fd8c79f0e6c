-- An outer upsert overrides OR IGNORE inside a trigger, so each says ON CONFLICT DO NOTHING itself.
-- What changed at the sources is noted where it changes, so that a computation after a crash, an undo or a late file
-- knows its hours and days; the index finds an hour's usage without reading the rest.
CREATE INDEX usage_record_at ON usage_record (organisation_id, at, success, wedding);

CREATE TRIGGER kpi_usage_added AFTER INSERT ON usage_record BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  VALUES (new.organisation_id, 'usage', CAST(new.at - new.at % 3600000 AS TEXT)) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_usage_removed AFTER DELETE ON usage_record BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  VALUES (old.organisation_id, 'usage', CAST(old.at - old.at % 3600000 AS TEXT)) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_cost_added AFTER INSERT ON cost_line BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'cost', new.tax_date) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_cost_removed AFTER DELETE ON cost_line BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'cost', old.tax_date) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_cost_changed AFTER UPDATE OF tax_date, net_gbp_minor, state, document_type ON cost_line
WHEN old.tax_date <> new.tax_date OR old.net_gbp_minor IS NOT new.net_gbp_minor OR old.state <> new.state BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'cost', old.tax_date) ON CONFLICT DO NOTHING;
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'cost', new.tax_date) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_wedding_added AFTER INSERT ON wedding BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'wedding', new.date) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_wedding_removed AFTER DELETE ON wedding BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'wedding', old.date) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_wedding_changed AFTER UPDATE ON wedding BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'wedding', old.date) ON CONFLICT DO NOTHING;
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'wedding', new.date) ON CONFLICT DO NOTHING;
END;
