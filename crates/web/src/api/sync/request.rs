//! What a run is asked for with.

use jiff::Timestamp;
use utoipa::ToSchema;

use crate::body::{Fields, Request};

/// What is to be gone through.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = SyncRun, example = json!({ "full": true, "since": "2026-01-01T00:00:00Z" }))]
pub(crate) struct Run {
    /// Everything, and not what changed alone.
    #[schema(value_type = Option<bool>)]
    pub(super) full: bool,
    /// With `full`: orders and invoices that were made here since then are written too where they never were; at most
    /// 10,000 of each.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) since: Option<Timestamp>,
}

impl Request for Run {
    const MAY_BE_EMPTY: bool = true;

    fn read(fields: &mut Fields) -> Option<Self> {
        let full = fields.optional("full").boolean().unwrap_or_default();
        let since = fields.optional("since").time();
        if since.is_some() && !full {
            fields.wrong("since", "is for a full run: set full to true");
        }
        Some(Self { full, since })
    }
}
