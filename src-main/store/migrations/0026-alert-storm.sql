-- Asked for with every alert, and each second by the timers: each finds its rows without a look at those settled long ago.
DROP INDEX alert_delivery_open;
DROP INDEX alert_delivery_recent;
CREATE INDEX alert_delivery_waiting ON alert_delivery (organisation_id, started_at) WHERE state = 'waiting' AND covered = 0;
CREATE INDEX alert_delivery_quiet ON alert_delivery (organisation_id, due_at) WHERE state = 'quiet';
CREATE INDEX alert_delivery_single ON alert_delivery (organisation_id, destination_id, started_at) WHERE bundle_id IS NULL;
CREATE INDEX alert_raised ON alert (organisation_id, raised_at);

-- What is open is counted, and the worst of it found, in the index alone.
DROP INDEX alert_open;
CREATE INDEX alert_open ON alert (organisation_id, state, severity, silence_id, raised_at) WHERE state <> 'resolved';
