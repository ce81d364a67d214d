-- What a sealed value is for joins its key, so that one integration keeps credentials, tokens and the values
-- that were replaced side by side; a primary key cannot be changed on SQLite, so the table is made anew.
CREATE TABLE sealed_secrets (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    field TEXT NOT NULL,
    version BIGINT NOT NULL,
    record BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    -- After it the value is opened no more, and is destroyed by the next sweep.
    expires_at BIGINT,
    PRIMARY KEY (organization_id, integration_id, purpose, field)
);
INSERT INTO sealed_secrets
    (organization_id, integration_id, purpose, field, version, record, updated_at)
    SELECT organization_id, integration_id, 'integration-credential', field, version, record, updated_at
    FROM integration_secrets;
DROP TABLE integration_secrets;
ALTER TABLE sealed_secrets RENAME TO integration_secrets;
CREATE INDEX integration_secrets_expiry ON integration_secrets (expires_at) WHERE expires_at IS NOT NULL;

-- The last version given out in an integration. It outlives the values: a record from before a deletion
-- never has the version of one from after it.
CREATE TABLE secret_versions (
    organization_id TEXT NOT NULL,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    last BIGINT NOT NULL,
    PRIMARY KEY (organization_id, integration_id)
);
INSERT INTO secret_versions (organization_id, integration_id, last)
    SELECT organization_id, integration_id, MAX(version) FROM integration_secrets
    GROUP BY organization_id, integration_id;

-- active: new keys are wrapped under it, unless one is staged. staged: every key is on its way under it.
-- retired: no key is under it.
ALTER TABLE keks ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
CREATE UNIQUE INDEX keks_state ON keks (state) WHERE state <> 'retired';

-- Rotations of data-encryption keys that have begun and not ended: no key older than this is to be left.
-- organization_id is '' for a rotation of every organization.
CREATE TABLE dek_rotations (
    organization_id TEXT PRIMARY KEY,
    started_at BIGINT NOT NULL
);
