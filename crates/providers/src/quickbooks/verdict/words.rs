//! The words for whoever keeps the shop: what happened, whose fault it is, whether the outcome is known, what to do.

use super::Asked;
use crate::{
    ProviderError,
    books::{self, Class},
    error::Kind,
};

/// What happened, and what to do.
pub(super) fn of(
    asked: Asked,
    class: Class,
    field: Option<&str>,
    source: &ProviderError,
) -> (String, &'static str) {
    let it = noun(asked);
    let said = source.message.trim_end_matches(['.', ' ']);
    let quoted = match source.kind {
        _ if said.is_empty() => String::new(),
        Kind::Unreachable | Kind::TimedOut => format!(" {said}."),
        _ => format!(" It said: {said}."),
    };
    let what = match class {
        Class::Stale => format!("Somebody changed {it} in QuickBooks at the same time."),
        Class::DuplicateName => format!("The name of {it} is taken in QuickBooks."),
        Class::DuplicateNumber => format!("The number of {it} is taken in QuickBooks.{quoted}"),
        Class::Validation => match field.map(readable) {
            Some(field) => format!("QuickBooks does not take {it} because of {field}: {said}."),
            None => format!("QuickBooks does not take {it}.{quoted}"),
        },
        Class::ClosedPeriod => format!("The books are closed for the date of {it}."),
        Class::Reference => {
            format!("Something that {it} refers to was deleted or put out of use in QuickBooks.{quoted}")
        }
        Class::Missing => {
            format!("QuickBooks has {it} no more, or something that it refers to is out of use there.")
        }
        Class::Locked => {
            format!("{} is locked in QuickBooks: it stands on a deposit or was settled.", upper(it))
        }
        Class::Throttled => "QuickBooks takes no more requests just now. Nothing was done.".to_owned(),
        Class::Unauthorized => "QuickBooks does not take the access token. Nothing was done.".to_owned(),
        Class::Disconnected => {
            format!("QuickBooks does not let this connection in. Nothing was done.{quoted}")
        }
        Class::Lapsed => {
            "The company's subscription at QuickBooks is over: nothing can be written.".to_owned()
        }
        Class::Unsupported => format!("QuickBooks does not do that with {it}.{quoted}"),
        Class::TooOld => "QuickBooks does not keep changes that long.".to_owned(),
        Class::Business => format!("A rule of QuickBooks does not allow {it}.{quoted}"),
        Class::Busy => format!("QuickBooks could not do it just now. Nothing was done.{quoted}"),
        Class::Unreached => format!("QuickBooks was not reached, so nothing was done.{quoted}"),
        Class::Unknown if asked.is_write() => {
            format!("No clear answer came from QuickBooks: whether {it} was written is not known.{quoted}")
        }
        Class::Unknown => format!("QuickBooks gave no clear answer.{quoted}"),
    };
    (what, advice(asked, class, source.code.as_deref()))
}

fn advice(asked: Asked, class: Class, code: Option<&str>) -> &'static str {
    match (class, code) {
        (Class::DuplicateName, _) => {
            "Names are unique over customers, vendors and employees together: change one of the two, then retry."
        }
        (Class::DuplicateNumber, _) => "Change the number of one of the two documents, then retry.",
        (Class::Validation, _) => "Correct it here, then retry.",
        (Class::ClosedPeriod, _) => {
            "Have whoever keeps the books open the period, or give the document a later date, then retry."
        }
        (Class::Reference, _) => {
            "Make it active again in QuickBooks, or choose another one in the integration's settings, then retry."
        }
        (Class::Missing, _) => "Look in QuickBooks what became of it. Retry to have it written again.",
        (Class::Locked, _) => "Take it off the deposit in QuickBooks, then retry.",
        (Class::Disconnected, Some("100")) => "The consent was given for another company: connect it again.",
        (Class::Disconnected, Some("120")) => {
            "Whoever connected the company is no administrator of it any more: an administrator has to connect it again."
        }
        (Class::Disconnected, Some("3100" | "403")) => {
            "Check the Environment: the company, the token and the operator's app have to be of the same one."
        }
        (Class::Disconnected | Class::Unauthorized, _) => "If it stays, connect the company again.",
        (Class::Lapsed, _) => "Renew the subscription at QuickBooks: everything that waits is then written.",
        (Class::Unsupported, _) => "Do it in QuickBooks by hand.",
        (Class::TooOld, _) => "The whole is compared instead; nothing has to be done.",
        (Class::Business, _) => "Look at it in QuickBooks, correct it here or there, then retry.",
        (Class::Unknown, _) if asked.is_write() => {
            "It is looked for in QuickBooks before it is sent again; nothing has to be done."
        }
        (Class::Stale, _) => "It is read again and tried again; nothing has to be done.",
        (Class::Throttled | Class::Busy | Class::Unreached | Class::Unknown, _) => {
            "It is tried again later; nothing has to be done."
        }
    }
}

/// What was asked for, with its article.
fn noun(asked: Asked) -> &'static str {
    match asked {
        Asked::Question | Asked::Changes => "what was asked for",
        Asked::Batch => "one of the records",
        Asked::Create(kind) | Asked::Change(kind) => match kind {
            books::Kind::Customer => "the customer",
            books::Kind::Item => "the item",
            books::Kind::Estimate => "the estimate",
            books::Kind::Invoice => "the invoice",
            books::Kind::Payment => "the payment",
            books::Kind::CreditMemo => "the credit memo",
            books::Kind::RefundReceipt => "the refund receipt",
        },
    }
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|it| it.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A field's name for people; the provider's own word where there is none.
fn readable(field: &str) -> String {
    let last = field.rsplit('.').find(|it| *it != "value").unwrap_or(field);
    let known = match last {
        "DocNumber" => "its number",
        "DisplayName" | "Name" => "its name",
        "PrimaryEmailAddr" | "BillEmail" => "the e-mail address",
        "PrimaryPhone" => "the telephone number",
        "CompanyName" => "the company's name",
        "GivenName" => "the first name",
        "FamilyName" => "the last name",
        "BillAddr" | "ShipAddr" => "the address",
        "CustomerRef" => "its customer",
        "ItemRef" => "an item",
        "AccountRef" | "IncomeAccountRef" | "DepositToAccountRef" | "DiscountAccountRef" => "an account",
        "TaxCodeRef" | "TxnTaxCodeRef" | "TxnTaxDetail" => "its tax",
        "CurrencyRef" => "its currency",
        "Line" => "its lines",
        "Amount" | "TotalAmt" => "an amount",
        "Qty" | "UnitPrice" => "a quantity or price",
        "TxnDate" | "DueDate" => "a date",
        "PrivateNote" | "Notes" => "the notes",
        "CustomerMemo" => "the message to the customer",
        "PaymentRefNum" => "the payment's reference",
        "Sku" => "the article number",
        "Description" => "a description",
        other => return format!("the field {other}"),
    };
    known.to_owned()
}
