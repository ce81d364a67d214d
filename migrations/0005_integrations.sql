-- The provider that payments go to where a request names none.
ALTER TABLE organizations ADD COLUMN default_payment_provider TEXT;

-- Raised by every change of an organization's integrations, in the transaction of the change. A list that was read
-- at a revision is right for as long as the revision stays; that is what lets each process keep lists.
CREATE TABLE integration_revisions (
    organization_id TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
);
