//! What the browser carries back from the page (worldpay-express.md §5.1). Anybody can write these fields.

use kontor_domain::Secret;

use crate::{HostedReturn, ReturnError, ReturnStatus, error::clean};

/// The longest of any of the fields that are read.
const MAX: usize = 100;

/// Reads the fields. A field that is there twice is refused: two readers could choose differently.
pub(super) fn read(fields: &[(String, String)]) -> Result<HostedReturn, ReturnError> {
    let mut wrong = Vec::new();
    let status = one(fields, "HostedPaymentStatus", "hostedPaymentStatus", &mut wrong);
    let setup_id = one(fields, "TransactionSetupID", "transactionSetupId", &mut wrong);
    let code = one(fields, "ValidationCode", "validationCode", &mut wrong);
    let message = one(fields, "ExpressResponseMessage", "expressResponseMessage", &mut wrong);
    let saved = one(fields, "PaymentAccountID", "paymentAccountId", &mut wrong);
    for (name, value) in [("hostedPaymentStatus", status), ("transactionSetupId", setup_id)] {
        if value.is_none() && !wrong.iter().any(|(it, _)| it == name) {
            wrong.push((name.to_owned(), "is required".to_owned()));
        }
    }
    if !wrong.is_empty() {
        return Err(ReturnError { fields: wrong });
    }
    let status = status.unwrap_or_default();
    Ok(HostedReturn {
        setup_id: setup_id.unwrap_or_default().to_ascii_uppercase(),
        status: match status.to_ascii_lowercase().as_str() {
            "complete" => ReturnStatus::Complete,
            "cancelled" | "canceled" => ReturnStatus::Cancelled,
            _ => ReturnStatus::Other(clean(status)),
        },
        validation_code: code.map(|it| Secret::new(it.to_owned())),
        message: message.map(clean),
        // A page that keeps a card names it (§5.1); ids are kept in capitals (§7).
        saved_card: saved.map(str::to_ascii_uppercase),
    })
}

/// The one value of a field, in any case of letters; none where it is absent or empty.
fn one<'a>(
    fields: &'a [(String, String)],
    name: &str,
    shown: &str,
    wrong: &mut Vec<(String, String)>,
) -> Option<&'a str> {
    let mut found =
        fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let first = found.next()?;
    if found.next().is_some() {
        wrong.push((shown.to_owned(), "must be there once".to_owned()));
        return None;
    }
    if first.chars().count() > MAX {
        wrong.push((shown.to_owned(), format!("must have at most {MAX} characters")));
        return None;
    }
    Some(first).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests;
