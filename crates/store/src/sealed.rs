//! The columns that hold sealed records, all of them: rotation and status walk this list, so that none is forgotten.
//!
//! Which key a record is under is read out of the record itself (docs/vault-format.md: bytes 5 to 8), never out of a
//! column beside it, which could be wrong.

use kontor_domain::ids::OrganizationId;

use crate::{Conn, Error, row::Columns};

/// A column that holds sealed records, and the statements that walk it.
#[derive(Debug)]
pub struct Column {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub record: &'static str,
    /// Records of an organization that are not under a key, as rows of [`Record`].
    outdated: &'static str,
    /// Replaces one record.
    replace: &'static str,
    /// How many records of an organization are under a key.
    under: &'static str,
    /// How many records each organization has under each key.
    each: &'static str,
}

/// Every column that holds sealed records.
pub static COLUMNS: [Column; 2] = [INTEGRATION_SECRETS, OAUTH_REVOCATIONS];

const INTEGRATION_SECRETS: Column = Column {
    table: "integration_secrets",
    record: "record",
    outdated: "SELECT integration_id, purpose, field, version, record FROM integration_secrets
         WHERE organization_id = $1 AND SUBSTR(record, 5, 4) <> $2
         ORDER BY integration_id, purpose, field LIMIT $3",
    replace: "UPDATE integration_secrets SET record = $7
         WHERE organization_id = $1 AND integration_id = $2 AND purpose = $3 AND field = $4 AND version = $5
           AND record = $6",
    under: "SELECT COUNT(*) AS total FROM integration_secrets
         WHERE organization_id = $1 AND SUBSTR(record, 5, 4) = $2",
    // every organization: figures for the operator
    each: "SELECT organization_id, SUBSTR(record, 5, 4) AS dek, COUNT(*) AS total FROM integration_secrets
         GROUP BY organization_id, SUBSTR(record, 5, 4) ORDER BY organization_id",
};

/// The row stands in for the integration, which may be gone; field, purpose and version are always the same.
const OAUTH_REVOCATIONS: Column = Column {
    table: "oauth_revocations",
    record: "record",
    outdated: "SELECT id AS integration_id, CAST('oauth-token' AS TEXT) AS purpose,
           CAST('revocation' AS TEXT) AS field, CAST(1 AS BIGINT) AS version, record
         FROM oauth_revocations
         WHERE organization_id = $1 AND SUBSTR(record, 5, 4) <> $2 ORDER BY id LIMIT $3",
    replace: "UPDATE oauth_revocations SET record = $7
         WHERE organization_id = $1 AND id = $2 AND $3 = 'oauth-token' AND $4 = 'revocation' AND $5 = 1
           AND record = $6",
    under: "SELECT COUNT(*) AS total FROM oauth_revocations
         WHERE organization_id = $1 AND SUBSTR(record, 5, 4) = $2",
    // every organization: figures for the operator
    each: "SELECT organization_id, SUBSTR(record, 5, 4) AS dek, COUNT(*) AS total FROM oauth_revocations
         GROUP BY organization_id, SUBSTR(record, 5, 4) ORDER BY organization_id",
};

/// A record and the place that it is sealed for.
pub struct Record {
    /// The integration, as the seal binds it.
    pub integration: String,
    /// The purpose, as the seal binds it.
    pub purpose: String,
    /// The field, as the seal binds it.
    pub field: String,
    /// The version, as the seal binds it.
    pub version: i64,
    /// The sealed bytes.
    pub record: Vec<u8>,
}

/// Some of the organization's records that are not under this key.
pub async fn outdated(
    conn: &mut Conn,
    column: &Column,
    organization: OrganizationId,
    dek: u32,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let rows = sqlx::query(column.outdated)
        .bind(organization.to_string())
        .bind(dek.to_be_bytes().to_vec())
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Record {
                integration: row.text("integration_id")?,
                purpose: row.text("purpose")?,
                field: row.text("field")?,
                version: row.int("version")?,
                record: row.bytes("record")?,
            })
        })
        .collect()
}

/// Puts a new record into the place of the one that was read. False when somebody wrote there meanwhile: theirs stays.
pub async fn replace(
    conn: &mut Conn,
    column: &Column,
    organization: OrganizationId,
    was: &Record,
    record: Vec<u8>,
) -> Result<bool, Error> {
    let done = sqlx::query(column.replace)
        .bind(organization.to_string())
        .bind(&was.integration)
        .bind(&was.purpose)
        .bind(&was.field)
        .bind(was.version)
        .bind(was.record.clone())
        .bind(record)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many records of an organization are under a key, in all columns.
pub async fn under(conn: &mut Conn, organization: OrganizationId, dek: u32) -> Result<i64, Error> {
    let mut total = 0_i64;
    for column in &COLUMNS {
        let row = sqlx::query(column.under)
            .bind(organization.to_string())
            .bind(dek.to_be_bytes().to_vec())
            .fetch_one(&mut *conn)
            .await?;
        total = total.saturating_add(row.int("total")?);
    }
    Ok(total)
}

/// How many records are under a key.
pub struct Count {
    /// Whose, by text: also of somebody who is gone.
    pub organization: String,
    /// The key's number; none where the record is too short to name one.
    pub dek: Option<u32>,
    /// How many.
    pub records: i64,
}

/// How many records each organization has under each key, in one column.
pub async fn under_each(conn: &mut Conn, column: &Column) -> Result<Vec<Count>, Error> {
    let rows = sqlx::query(column.each).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                organization: row.text("organization_id")?,
                dek: row.bytes("dek")?.try_into().ok().map(u32::from_be_bytes),
                records: row.int("total")?,
            })
        })
        .collect()
}
