-- How far a request came whose work is more than one transaction: whoever takes it over goes on from there and does
-- no step twice. Empty before the first step.
ALTER TABLE idempotency ADD COLUMN step TEXT NOT NULL DEFAULT '';
