-- Audit rows are chained as events are: linked a moment after they are written (docs/adr/0003).
ALTER TABLE audit ADD COLUMN request_id TEXT;
ALTER TABLE audit ADD COLUMN position BIGINT;
ALTER TABLE audit ADD COLUMN hash TEXT;
CREATE UNIQUE INDEX audit_position ON audit (organization_id, position) WHERE position IS NOT NULL;
CREATE INDEX audit_unlinked ON audit (organization_id, created_at, id) WHERE position IS NULL;

CREATE TABLE audit_heads (
    organization_id TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- Lists are read by time and id.
DROP INDEX audit_organization;
CREATE INDEX audit_by_time ON audit (organization_id, created_at, id);
CREATE INDEX events_by_time ON events (organization_id, created_at, id);
