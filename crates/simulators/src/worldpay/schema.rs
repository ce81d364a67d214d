//! The first error layer: what the service's own schema refuses (worldpay-express.md §1.1, §1.2).

use crate::xml::Element;

pub(super) const TRANSACTION: &str = "https://transaction.elementexpress.com";
pub(super) const REPORTING: &str = "https://reporting.elementexpress.com";
pub(super) const SERVICES: &str = "https://services.elementexpress.com";

/// What every method of the transaction host accepts below its root.
const CLASSES: [&str; 18] = [
    "Credentials",
    "Application",
    "Transaction",
    "Terminal",
    "TransactionSetup",
    "EWIC",
    "Batch",
    "EBT",
    "Token",
    "Host",
    "UpdateDetail",
    "Address",
    "ExtendedParameters",
    "Card",
    "Identification",
    "PaymentAccount",
    "DemandDepositAccount",
    "ValidateCredentials",
];

/// The same for the services host.
const SERVICE_CLASSES: [&str; 9] = [
    "Credentials",
    "Application",
    "PaymentAccount",
    "PaymentAccountParameters",
    "Card",
    "Transaction",
    "Address",
    "DemandDepositAccount",
    "ExtendedParameters",
];

const CREDENTIALS: [&str; 4] = ["AccountID", "AccountToken", "AcceptorID", "NewAccountToken"];
const APPLICATION: [&str; 4] = ["ApplicationID", "ApplicationName", "ApplicationVersion", "IntegrationType"];
const SETUP: [&str; 25] = [
    "TransactionSetupID",
    "TransactionSetupMethod",
    "DeviceInputCode",
    "Device",
    "Embedded",
    "CVVRequired",
    "AutoReturn",
    "CompanyName",
    "LogoURL",
    "Tagline",
    "WelcomeMessage",
    "ReturnURL",
    "ReturnURLTitle",
    "OrderDetails",
    "ProcessTransactionTitle",
    "CustomCss",
    "EnableCaptcha",
    "HPType",
    "ValidationCode",
    "TransactionSetupAccountID",
    "TransactionSetupAcceptorID",
    "TransactionSetupApplicationID",
    "TransactionSetupApplicationName",
    "TransactionSetupApplicationVersion",
    "TransactionSetupAccountToken",
];
const TERMINAL: [&str; 28] = [
    "TerminalID",
    "TerminalType",
    "TerminalCapabilityCode",
    "TerminalEnvironmentCode",
    "CardPresentCode",
    "CardholderPresentCode",
    "CardInputCode",
    "CVVPresenceCode",
    "MotoECICode",
    "TerminalSerialNumber",
    "ChipConditionCode",
    "SoftPOSID",
    "LaneNumber",
    "ConsentCode",
    "StoreCardID",
    "TerminalEMVKernelVersion",
    "MessageEncryptionWorkingKey",
    "OperatorID",
    "GlobalTerminalType",
    "PINEncryptionWorkingKey",
    "CVVResponseType",
    "TerminalPinCapability",
    "TerminalModel",
    "MessageAuthenticationWorkingKey",
    "StoreCardPassword",
    "TerminalEncryptionFormat",
    "TerminalData",
    "TerminalLanguage",
];
const TRANSACTION_FIELDS: [&str; 52] = [
    "TransactionID",
    "ClerkNumber",
    "ShiftID",
    "TransactionAmount",
    "OriginalAuthorizedAmount",
    "TotalAuthorizedAmount",
    "SalesTaxAmount",
    "TipAmount",
    "ApprovalNumber",
    "ReferenceNumber",
    "TicketNumber",
    "ReversalType",
    "MarketCode",
    "AcquirerData",
    "CashBackAmount",
    "BillPaymentFlag",
    "DuplicateCheckDisableFlag",
    "DuplicateOverrideFlag",
    "RecurringFlag",
    "CommercialCardCustomerCode",
    "ProcessorName",
    "TransactionStatus",
    "TransactionStatusCode",
    "HostTransactionID",
    "TransactionSetupID",
    "MerchantVerificationValue",
    "PartialApprovedFlag",
    "ApprovedAmount",
    "CommercialCardResponseCode",
    "BalanceAmount",
    "BalanceCurrencyCode",
    "ConvenienceFeeAmount",
    "GiftCardStatusCode",
    "BillPayerAccountNumber",
    "GiftCardBalanceTransferCode",
    "EMVEncryptionFormat",
    "ReversalReason",
    "CurrencyCode",
    "SurchargeAmount",
    "AlternateMCC",
    "MerchantSuppliedTransactionID",
    "DuplicateTransactionID",
    "DuplicateApprovalNumber",
    "DuplicateHostItemID",
    "MerchantDescriptor",
    "MerchantDescriptorCity",
    "MerchantDescriptorState",
    "PaymentType",
    "SubmissionType",
    "NetworkTransactionID",
    "PAR",
    "SystemTraceAuditNumber",
];
const PARAMETERS: [&str; 25] = [
    "TransactionSetupID",
    "TransactionID",
    "TransactionDateTimeBegin",
    "TransactionDateTimeEnd",
    "ReferenceNumber",
    "TerminalID",
    "ApplicationID",
    "ApprovalNumber",
    "ApprovedAmount",
    "ExpressTransactionDate",
    "ExpressTransactionTime",
    "HostBatchID",
    "HostItemID",
    "HostReversalQueueID",
    "OriginalAuthorizedAmount",
    "ShiftID",
    "SourceTransactionID",
    "TerminalType",
    "TrackingID",
    "TransactionAmount",
    "TransactionStatus",
    "TransactionType",
    "XID",
    "ReverseOrder",
    "AcceptorID",
];

/// A method that this simulator has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    HealthCheck,
    TransactionSetup,
    TransactionSetupExpire,
    TransactionQuery,
    AccountTokenCreate,
    AccountTokenActivate,
    Sale,
    Authorization,
    AvsOnly,
    Completion,
    Return,
    Void,
    Reversal,
    PaymentAccountCreate,
    PaymentAccountCreateWithTransId,
    PaymentAccountUpdate,
    PaymentAccountDelete,
    PaymentAccountQuery,
}

/// Each method's host and name.
const METHODS: [(&str, &str, Method); 18] = [
    (TRANSACTION, "HealthCheck", Method::HealthCheck),
    (TRANSACTION, "TransactionSetup", Method::TransactionSetup),
    (TRANSACTION, "TransactionSetupExpire", Method::TransactionSetupExpire),
    (TRANSACTION, "AccountTokenCreate", Method::AccountTokenCreate),
    (TRANSACTION, "AccountTokenActivate", Method::AccountTokenActivate),
    (TRANSACTION, "CreditCardSale", Method::Sale),
    (TRANSACTION, "CreditCardAuthorization", Method::Authorization),
    (TRANSACTION, "CreditCardAVSOnly", Method::AvsOnly),
    (TRANSACTION, "CreditCardAuthorizationCompletion", Method::Completion),
    (TRANSACTION, "CreditCardReturn", Method::Return),
    (TRANSACTION, "CreditCardVoid", Method::Void),
    (TRANSACTION, "CreditCardReversal", Method::Reversal),
    (SERVICES, "PaymentAccountCreate", Method::PaymentAccountCreate),
    (SERVICES, "PaymentAccountCreateWithTransID", Method::PaymentAccountCreateWithTransId),
    (SERVICES, "PaymentAccountUpdate", Method::PaymentAccountUpdate),
    (SERVICES, "PaymentAccountDelete", Method::PaymentAccountDelete),
    (SERVICES, "PaymentAccountQuery", Method::PaymentAccountQuery),
    (REPORTING, "TransactionQuery", Method::TransactionQuery),
];

/// Which method it is, once the schema has nothing against it.
pub(super) fn check(root: &Element) -> Result<Method, String> {
    let namespace = root.namespace.as_str();
    if namespace.is_empty() {
        return Err("TargetNamespace required".to_owned());
    }
    let known = METHODS.iter().find(|it| (it.0, it.1) == (namespace, root.name.as_str()));
    let method = match known {
        Some(it) => it.2,
        None if matches!(namespace, TRANSACTION | REPORTING | SERVICES) => {
            return Err(format!("The '{namespace}:{}' element is not declared.", root.name));
        }
        None => return Err("TargetNamespace required".to_owned()),
    };
    let classes: &[&str] = match namespace {
        REPORTING => &["Credentials", "Application", "Parameters", "ExtendedParameters"],
        SERVICES => &SERVICE_CLASSES,
        _ => &CLASSES,
    };
    children(root, namespace, classes)?;
    for required in ["Credentials", "Application"] {
        if root.child(required).is_none() {
            return Err(format!(
                "The element '{}' in namespace '{namespace}' has incomplete content. \
                 List of possible elements expected: '{required}' in namespace '{namespace}'.",
                root.name
            ));
        }
    }
    for class in &root.children {
        if let Some(members) = members(&class.name) {
            children(class, namespace, members)?;
        }
    }
    Ok(method)
}

/// What stands in a class; none where anything may, because nothing is known of it.
fn members(class: &str) -> Option<&'static [&'static str]> {
    match class {
        "Credentials" => Some(&CREDENTIALS),
        "Application" => Some(&APPLICATION),
        "TransactionSetup" => Some(&SETUP),
        "Terminal" => Some(&TERMINAL),
        "Transaction" => Some(&TRANSACTION_FIELDS),
        "Parameters" => Some(&PARAMETERS),
        _ => None,
    }
}

/// An `xs:all` group: any order, each at most once, nothing else.
fn children(parent: &Element, namespace: &str, declared: &[&str]) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    for child in &parent.children {
        if child.namespace != namespace || !declared.contains(&child.name.as_str()) {
            let left: Vec<&str> = declared.iter().copied().filter(|it| !seen.contains(it)).collect();
            return Err(format!(
                "The element '{}' in namespace '{namespace}' has invalid child element '{}' in namespace '{}'. \
                 List of possible elements expected: '{}' in namespace '{namespace}'.",
                parent.name,
                child.name,
                child.namespace,
                left.join(", ")
            ));
        }
        if seen.contains(&child.name.as_str()) {
            return Err(format!(
                "Element '{namespace}:{}' cannot appear more than once if content model type is \"all\".",
                child.name
            ));
        }
        seen.push(&child.name);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
