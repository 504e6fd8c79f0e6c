-- Since when an alert needs somebody anew (it fired again, or was given back), and of which of these rounds a message was: an
-- acknowledged incident of PagerDuty calls nobody again, so each round is one of its own. Milliseconds UTC; NULL: the first.
ALTER TABLE alert ADD COLUMN round_at INTEGER;
ALTER TABLE alert_delivery ADD COLUMN round_at INTEGER;
