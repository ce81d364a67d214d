//! The service's refusals, word by word where a record exists (quickbooks-online.md §2.6).

use axum::http::StatusCode;
use serde_json::{Value, json};

const INACTIVE: &str = "Something you're trying to use has been made inactive. Check the fields with accounts, \
                        customers, items, vendors or employees.";

/// One error of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::quickbooks) struct Fault {
    pub(in crate::quickbooks) message: &'static str,
    pub(in crate::quickbooks) detail: String,
    pub(in crate::quickbooks) code: &'static str,
    pub(in crate::quickbooks) element: String,
}

fn new(code: &'static str, message: &'static str, detail: impl Into<String>, element: &str) -> Fault {
    Fault { message, detail: detail.into(), code, element: element.to_owned() }
}

impl Fault {
    /// As a batch and a whole answer have it.
    pub(in crate::quickbooks) fn json(&self) -> Value {
        let error = json!({ "Message": self.message, "Detail": self.detail, "code": self.code, "element": self.element });
        json!({ "Error": [error], "type": self.kind() })
    }

    pub(in crate::quickbooks) fn kind(&self) -> &'static str {
        match self.code {
            "10000" => "SystemFault",
            "120" | "5020" => "AuthorizationFault",
            "3001" => "SERVICE",
            _ => "ValidationFault",
        }
    }

    pub(in crate::quickbooks) fn status(&self) -> StatusCode {
        if self.code == "10000" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST }
    }
}

pub(in crate::quickbooks) fn unsupported(what: &str) -> Fault {
    new("500", "Unsupported Operation", format!("Operation {what} is not supported."), "")
}

/// Known from the catalogue alone; here, where an id was used for a single write and for an item of a batch (§2.6, §2.7).
pub(in crate::quickbooks) fn duplicate_request() -> Fault {
    new("600", "Duplicate Request ID", "Duplicate Request ID", "")
}

/// As it may stand in a batch (§5).
pub(in crate::quickbooks) fn throttled() -> Fault {
    let message = "message=ThrottleExceeded; errorCode=003001; statusCode=429";
    new("3001", message, "The request limit was reached.  Try again later", "")
}

/// Who connected is no administrator any more (§2.6).
pub(in crate::quickbooks) fn no_access() -> Fault {
    let detail = ": -11014-You do not have access to use QuickBooks Online Plus.";
    new("120", "Authorization Failure", detail, "")
}

pub(in crate::quickbooks) fn not_found() -> Fault {
    new("610", "Object Not Found", format!("Object Not Found : {INACTIVE}"), "")
}

pub(in crate::quickbooks) fn deleted() -> Fault {
    new("610", "Object Not Found", "Object Not Found : Another user has deleted this transaction.", "")
}

pub(in crate::quickbooks) fn batch_too_large(size: usize) -> Fault {
    new("1040", "Batch size exceeds allowed limit", format!("Batch size {size} exceeds the limit of 30"), "")
}

pub(in crate::quickbooks) fn property(name: &str) -> Fault {
    let detail = format!("Property Name:Unrecognized field \"{name}\" specified is unsupported or invalid");
    new("2010", "Request has invalid or unsupported property", detail, "")
}

pub(in crate::quickbooks) fn unreadable(name: &str) -> Fault {
    let detail =
        format!("Property Name:Can not construct instance of {name} specified is unsupported or invalid");
    new("2010", "Request has invalid or unsupported property", detail, "")
}

/// The placeholder was never filled in (§2.6).
pub(in crate::quickbooks) fn unreadable_batch() -> Fault {
    let detail = "Property Name:{0} specified is unsupported or invalid";
    new("2010", "Request has invalid or unsupported property", detail, "")
}

pub(in crate::quickbooks) fn missing(name: &str) -> Fault {
    let message = "Required param missing, need to supply the required value for the API";
    new("2020", message, format!("Required parameter {name} is missing in the request"), name)
}

pub(in crate::quickbooks) fn invalid_id(sent: &str, element: &str) -> Fault {
    new("2030", "Invalid ID", format!("Id should be a valid number. Supplied value:{sent}"), element)
}

pub(in crate::quickbooks) fn invalid_string(element: &str) -> Fault {
    let detail = "Invalid String. The element contains invalid characters";
    new("2040", "Invalid String", detail, element)
}

pub(in crate::quickbooks) fn length(element: &str, most: usize, sent: usize) -> Fault {
    let detail = format!(
        "String length specified does not match the supported length. Min:0 Max:{most} supported. Supplied length:{sent}"
    );
    new("2050", "String length is either shorter or longer than supported by specification", detail, element)
}

pub(in crate::quickbooks) fn enumeration(sent: &str) -> Fault {
    new("2170", "Invalid Enumeration", format!("Invalid Enumeration : {sent}"), "")
}

pub(in crate::quickbooks) fn email(element: &str) -> Fault {
    new(
        "2210",
        "Invalid Email Address Format",
        "Email Address does not conform to the syntax rules of RFC 822.",
        element,
    )
}

pub(in crate::quickbooks) fn reference(names: &str, id: &str) -> Fault {
    let detail = format!("Invalid Reference Id : {names} element id {id} not found");
    new("2500", "Invalid Reference Id", detail, "Reference Id")
}

pub(in crate::quickbooks) fn inactive() -> Fault {
    new("2500", "Invalid Reference Id", format!("Invalid Reference Id : {INACTIVE}"), "Reference Id")
}

pub(in crate::quickbooks) fn stale(who: &str) -> Fault {
    let detail = format!(
        "Stale Object Error : You and {who} were working on this at the same time. {who} finished before you did, so \
         your work was not saved."
    );
    new("5010", "Stale Object Error", detail, "")
}

pub(in crate::quickbooks) fn not_allowed() -> Fault {
    let detail = "Permission Denied Error : Sorry, but you don't have permission to do that.";
    new("5020", "Permission Denied Error", detail, "")
}

pub(in crate::quickbooks) fn business(text: &str) -> Fault {
    let message = "A business validation error has occurred while processing your request";
    new("6000", message, format!("Business Validation Error: {text}"), "")
}

pub(in crate::quickbooks) fn calculation(sent: &str) -> Fault {
    let detail = format!("Amount is not equal to UnitPrice * Qty. Supplied value:{sent}");
    new("6070", "Amount calculation incorrect in the request", detail, "Line.Amount")
}

pub(in crate::quickbooks) fn line_tax_code() -> Fault {
    new(
        "6100",
        "Invalid Line TaxCode",
        "Invalid Line TaxCode : use TAX or NON",
        "Line.SalesItemLineDetail.TaxCodeRef",
    )
}

pub(in crate::quickbooks) fn duplicate_number(number: &str, kind: &str, id: &str) -> Fault {
    let detail = format!(
        "Duplicate Document Number Error : You must specify a different number. This number has already been used. \
         DocNumber={number} is assigned to TxnType={kind} with TxnId={id}"
    );
    new("6140", "Duplicate Document Number Error", detail, "")
}

pub(in crate::quickbooks) fn too_deep() -> Fault {
    new("6180", "Sub Level Limit", "You can only have up to five levels of sub-customers or sub-items.", "")
}

pub(in crate::quickbooks) fn lapsed() -> Fault {
    let detail = "Subscription period has ended or canceled or there was a billing problem : You can't add data to \
                  QuickBooks Online Plus because your trial or subscription period ended, you canceled your \
                  subscription, or there was a billing problem.";
    new("6190", "Invalid Company Status", detail, "")
}

/// The doubled word is the service's own.
pub(in crate::quickbooks) fn closed() -> Fault {
    let detail = "The account period has closed and the account books cannot be updated through through the QBO \
                  Services API. Please use the QBO website to make these changes.";
    new("6210", "Account Period Closed, Cannot Update Through Services API", detail, "")
}

pub(in crate::quickbooks) fn duplicate_name(id: &str, old: Option<&str>) -> Fault {
    let tail = old.map_or_else(
        || format!("Id={id}"),
        |what| format!("Another {what} is already using this \nname. Please use a different name."),
    );
    new("6240", "Duplicate Name Exists Error", format!("The name supplied already exists. : {tail}"), "")
}

pub(in crate::quickbooks) fn account_type() -> Fault {
    let detail = "Invalid account type: You need to select a different type of account for this transaction.";
    new("6430", "Invalid account type used", detail, "")
}

pub(in crate::quickbooks) fn deposited() -> Fault {
    let detail = "This transaction has been deposited. If you want to change or delete it, you must edit the deposit \
                  it appears on and remove it first.";
    new("6540", "Deposited Transaction cannot be changed", detail, "")
}

pub(in crate::quickbooks) fn query_syntax(near: &str, column: usize) -> Fault {
    let detail = format!("QueryParserError: Encountered {near} at line 1, column {column}.");
    new("4000", "Error parsing query", detail, "")
}

pub(in crate::quickbooks) fn query_invalid(text: &str) -> Fault {
    new("4001", "Invalid query", format!("QueryValidationError: {text}"), "")
}
