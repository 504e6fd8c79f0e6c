-- What falls due next, without a look at every open alert: asked for after each of ten thousand.
CREATE INDEX alert_due_step ON alert (organisation_id, next_step_at) WHERE next_step_at IS NOT NULL;
CREATE INDEX alert_due_until ON alert (organisation_id, until) WHERE until IS NOT NULL;
CREATE INDEX alert_due_silence ON alert (organisation_id, silenced_until) WHERE silenced_until IS NOT NULL;
CREATE INDEX alert_flapping ON alert (organisation_id, raised_at) WHERE flapping = 1;
