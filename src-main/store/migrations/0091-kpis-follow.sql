-- What was computed once follows everything it was computed from: a month also the multipliers in force, and who turned out to
-- be one vendor; a cost line that has no pounds yet its own amount and rate; and a rate that is typed in again.
CREATE TEMP TABLE kpi_dirty_kept AS SELECT organisation_id, kind, at, claimed FROM kpi_dirty;

DROP TABLE kpi_dirty;

CREATE TABLE kpi_dirty (
  organisation_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('usage', 'cost', 'wedding', 'input', 'month')),
  at              TEXT    NOT NULL,                -- hour start in ms for usage and input, YYYY-MM for month, else YYYY-MM-DD
  claimed         INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),
  PRIMARY KEY (organisation_id, kind, at, claimed)
) STRICT, WITHOUT ROWID;

INSERT INTO kpi_dirty (organisation_id, kind, at, claimed) SELECT organisation_id, kind, at, claimed FROM kpi_dirty_kept;

DROP TABLE kpi_dirty_kept;

CREATE TRIGGER kpi_vendor_merged AFTER UPDATE OF same_as ON vendor WHEN old.same_as IS NOT new.same_as BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'month', month FROM usage_month
  WHERE organisation_id = new.organisation_id AND vendor_id = new.id ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_value_set AFTER INSERT ON crm_setting WHEN new.name = 'value' BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'month', month FROM usage_month
  WHERE organisation_id = new.organisation_id ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_value_changed AFTER UPDATE OF value ON crm_setting WHEN new.name = 'value' AND old.value <> new.value BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'month', month FROM usage_month
  WHERE organisation_id = new.organisation_id ON CONFLICT DO NOTHING;
END;

DROP TRIGGER kpi_cost_changed;

CREATE TRIGGER kpi_cost_changed
AFTER UPDATE OF tax_date, net_gbp_minor, state, document_type, net, currency, fx_rate_to_gbp, fx_units_per_gbp ON cost_line
WHEN old.tax_date <> new.tax_date OR old.net_gbp_minor IS NOT new.net_gbp_minor OR old.state <> new.state
  OR old.document_type <> new.document_type
  OR (new.net_gbp_minor IS NULL AND (old.net <> new.net OR old.currency <> new.currency
    OR old.fx_rate_to_gbp IS NOT new.fx_rate_to_gbp OR old.fx_units_per_gbp IS NOT new.fx_units_per_gbp)) BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'cost', old.tax_date) ON CONFLICT DO NOTHING;
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'cost', new.tax_date) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_rate_changed AFTER UPDATE OF units_per_gbp, recorded_at ON fx_rate BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line
  WHERE organisation_id = new.organisation_id AND tax_date BETWEEN new.month || '-01' AND new.month || '-31'
    AND currency = new.currency AND net_gbp_minor IS NULL ON CONFLICT DO NOTHING;
END;
