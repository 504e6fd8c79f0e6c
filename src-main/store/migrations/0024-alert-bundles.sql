-- Members of a bundle, and what waits for one place: both are asked for with every alert of a storm.
CREATE INDEX alert_delivery_bundle ON alert_delivery (organisation_id, bundle_id) WHERE bundle_id IS NOT NULL;
CREATE INDEX alert_delivery_waiting ON alert_delivery (organisation_id, destination_id) WHERE state = 'waiting';
