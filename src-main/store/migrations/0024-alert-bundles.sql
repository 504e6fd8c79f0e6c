-- Members of a bundle, and what one place was told lately: both are asked for with every alert of a storm.
CREATE INDEX alert_delivery_bundle ON alert_delivery (organisation_id, bundle_id) WHERE bundle_id IS NOT NULL;
CREATE INDEX alert_bundle_recent ON alert_bundle (organisation_id, destination_id, sent_at);
