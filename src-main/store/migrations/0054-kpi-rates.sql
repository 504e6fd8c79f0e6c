-- A rate that arrives or goes changes what lines of its month and currency are worth until they are judged.
CREATE TRIGGER kpi_rate_added AFTER INSERT ON fx_rate BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line
  WHERE organisation_id = new.organisation_id AND tax_date BETWEEN new.month || '-01' AND new.month || '-31'
    AND currency = new.currency AND net_gbp_minor IS NULL ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER kpi_rate_removed AFTER DELETE ON fx_rate BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line
  WHERE organisation_id = old.organisation_id AND tax_date BETWEEN old.month || '-01' AND old.month || '-31'
    AND currency = old.currency AND net_gbp_minor IS NULL ON CONFLICT DO NOTHING;
END;
