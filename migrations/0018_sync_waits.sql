-- Since when a record waits to be written, through all tries; none where nothing is to be written.
ALTER TABLE sync_links ADD COLUMN waits_since BIGINT;
UPDATE sync_links SET waits_since = updated_at WHERE state IN ('Waiting', 'Sent');
