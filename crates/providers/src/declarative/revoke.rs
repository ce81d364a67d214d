//! The end of a grant in a provider's own way: the request that the template writes in place of RFC 7009's.
//!
//! Refuses an answer that the template does not expect, whatever kind of success it is.

use kontor_domain::{Secret, templates::Revocation};

use super::{
    build::build,
    scope::Values,
    tokens::{Wire, send},
};
use crate::oauth::{Refusal, ended};

/// Makes the request once.
pub(super) async fn revoke(
    mut values: Values<'_>,
    own: &Revocation,
    token: &Secret,
    wire: &Wire<'_>,
) -> Result<(), Refusal> {
    values.token = Some(token.clone());
    let built = build(&values, &own.request)?;
    ended(&send(&values, built, wire).await?, &own.expected_status)
}
