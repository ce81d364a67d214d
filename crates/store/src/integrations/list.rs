//! The list of an organization's integrations, brought over as one value: a row of its own for each of a thousand costs
//! the driver more than the database.

use jiff::Timestamp;
use kontor_domain::{ids::OrganizationId, integrations::IntegrationType};
use serde::Deserialize;

use super::{Integration, MAX_INTEGRATIONS};
use crate::{Conn, Error, db::pick, row::Columns as _};

/// An integration in the order of the statements' columns.
#[derive(Deserialize)]
struct Listed(String, i64, String, String, i64, String, String, Option<i64>, String, String, i64, i64, i64);

/// All of an organization, newest first, narrowed by type and by whether they are used.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    integration_type: Option<IntegrationType>,
    is_enabled: Option<bool>,
) -> Result<Vec<Integration>, Error> {
    let statement = pick(
        conn,
        "SELECT json_group_array(json_array(id, integration_type, provider, display_name, is_enabled, configuration,
             test_status, last_tested_at, connection_status, created_by, version, created_at, updated_at)
             ORDER BY created_at DESC, id DESC) AS listed
         FROM (SELECT * FROM integrations WHERE organization_id = $1
           AND ($2 IS NULL OR integration_type = $2) AND ($3 IS NULL OR is_enabled = $3)
           ORDER BY created_at DESC, id DESC LIMIT $4) AS found",
        "SELECT CAST(COALESCE(json_agg(json_build_array(id, integration_type, provider, display_name, is_enabled,
             configuration, test_status, last_tested_at, connection_status, created_by, version, created_at, updated_at)
             ORDER BY created_at DESC, id DESC), '[]') AS TEXT) AS listed
         FROM (SELECT * FROM integrations WHERE organization_id = $1
           AND ($2 IS NULL OR integration_type = $2) AND ($3 IS NULL OR is_enabled = $3)
           ORDER BY created_at DESC, id DESC LIMIT $4) AS found",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(integration_type.map(IntegrationType::number))
        .bind(is_enabled.map(i64::from))
        .bind(MAX_INTEGRATIONS)
        .fetch_one(conn)
        .await?;
    row.json::<Vec<Listed>>("listed")?.into_iter().map(Listed::read).collect()
}

impl Listed {
    fn read(self) -> Result<Integration, Error> {
        let Self(
            id,
            kind,
            provider,
            display_name,
            used,
            configuration,
            test,
            tested,
            connection,
            by,
            version,
            made,
            changed,
        ) = self;
        let time = |micros, column| Timestamp::from_microsecond(micros).map_err(|_| Error::Corrupt(column));
        Ok(Integration {
            id: id.parse().map_err(|_| Error::Corrupt("id"))?,
            integration_type: IntegrationType::from_number(kind).ok_or(Error::Corrupt("integration_type"))?,
            provider,
            display_name,
            is_enabled: used != 0,
            configuration: serde_json::from_str(&configuration)
                .map_err(|_| Error::Corrupt("configuration"))?,
            test_status: test.parse().map_err(|_| Error::Corrupt("test_status"))?,
            last_tested_at: tested.map(|it| time(it, "last_tested_at")).transpose()?,
            connection_status: connection.parse().map_err(|_| Error::Corrupt("connection_status"))?,
            created_by: by,
            version,
            created_at: time(made, "created_at")?,
            updated_at: time(changed, "updated_at")?,
        })
    }
}
