//! The operations: what each is called, what answers it, who may call it.

use super::{desk::Desk, hosted, merchant, nonces, profiles, reply::Answer, reports, transact};
use crate::xml::Element;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Anybody.
    Nobody,
    /// A merchant with its transaction key.
    Merchant,
    /// A page with the merchant's public key.
    Page,
}

/// An operation.
pub(super) struct Operation {
    /// The request's root.
    pub(super) name: &'static str,
    /// The answer's root in XML.
    pub(super) reply: &'static str,
    pub(super) caller: Caller,
    /// Whether it needs the permission for reports (§2.14).
    pub(super) is_report: bool,
    pub(super) answer: fn(&mut Desk<'_>, &Element) -> Answer,
}

type Work = fn(&mut Desk<'_>, &Element) -> Answer;

const fn plain(name: &'static str, reply: &'static str, answer: Work) -> Operation {
    Operation { name, reply, caller: Caller::Merchant, is_report: false, answer }
}

const fn report(name: &'static str, reply: &'static str, answer: Work) -> Operation {
    Operation { is_report: true, ..plain(name, reply, answer) }
}

/// Nothing but the common messages.
fn nothing(_: &mut Desk<'_>, _: &Element) -> Answer {
    Answer::ok(Vec::new())
}

/// Two answers have another's name: a profile of a transaction, and a customer's transactions (§6, 18).
static OPERATIONS: [Operation; 28] = [
    plain("authenticateTestRequest", "authenticateTestResponse", nothing),
    plain("getMerchantDetailsRequest", "getMerchantDetailsResponse", merchant::details),
    Operation { caller: Caller::Nobody, ..plain("isAliveRequest", "isAliveResponse", nothing) },
    plain("createTransactionRequest", "createTransactionResponse", transact::create_transaction),
    plain("updateHeldTransactionRequest", "updateHeldTransactionResponse", transact::held),
    plain("createCustomerProfileRequest", "createCustomerProfileResponse", profiles::create),
    plain(
        "createCustomerProfileFromTransactionRequest",
        "createCustomerProfileResponse",
        profiles::from_transaction,
    ),
    plain("getCustomerProfileRequest", "getCustomerProfileResponse", profiles::get),
    plain("getCustomerProfileIdsRequest", "getCustomerProfileIdsResponse", profiles::ids),
    plain("updateCustomerProfileRequest", "updateCustomerProfileResponse", profiles::update),
    plain("deleteCustomerProfileRequest", "deleteCustomerProfileResponse", profiles::delete),
    plain(
        "createCustomerPaymentProfileRequest",
        "createCustomerPaymentProfileResponse",
        profiles::create_payment,
    ),
    plain("getCustomerPaymentProfileRequest", "getCustomerPaymentProfileResponse", profiles::get_payment),
    plain(
        "updateCustomerPaymentProfileRequest",
        "updateCustomerPaymentProfileResponse",
        profiles::update_payment,
    ),
    plain(
        "deleteCustomerPaymentProfileRequest",
        "deleteCustomerPaymentProfileResponse",
        profiles::delete_payment,
    ),
    plain(
        "validateCustomerPaymentProfileRequest",
        "validateCustomerPaymentProfileResponse",
        profiles::validate_payment,
    ),
    plain(
        "createCustomerShippingAddressRequest",
        "createCustomerShippingAddressResponse",
        profiles::create_address,
    ),
    plain("getCustomerShippingAddressRequest", "getCustomerShippingAddressResponse", profiles::get_address),
    plain(
        "updateCustomerShippingAddressRequest",
        "updateCustomerShippingAddressResponse",
        profiles::update_address,
    ),
    plain(
        "deleteCustomerShippingAddressRequest",
        "deleteCustomerShippingAddressResponse",
        profiles::delete_address,
    ),
    report("getTransactionDetailsRequest", "getTransactionDetailsResponse", reports::details),
    report("getUnsettledTransactionListRequest", "getUnsettledTransactionListResponse", reports::unsettled),
    report("getSettledBatchListRequest", "getSettledBatchListResponse", reports::batches),
    report("getTransactionListRequest", "getTransactionListResponse", reports::of_batch),
    report("getTransactionListForCustomerRequest", "getTransactionListResponse", reports::of_customer),
    report("getBatchStatisticsRequest", "getBatchStatisticsResponse", reports::statistics),
    plain("getHostedPaymentPageRequest", "getHostedPaymentPageResponse", hosted::open),
    Operation {
        caller: Caller::Page,
        ..plain("securePaymentContainerRequest", "securePaymentContainerResponse", nonces::issue)
    },
];

/// The operation of a root element.
pub(super) fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|it| it.name == name)
}
