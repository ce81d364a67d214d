//! The second error layer for fields that several methods have (worldpay-express.md §2.2, §2.3).

use crate::xml::Element;

/// The longest texts.
const LONGEST: [(&str, &str, usize); 12] = [
    ("Transaction", "TransactionID", 10),
    ("Transaction", "ReferenceNumber", 50),
    ("Transaction", "TicketNumber", 50),
    ("Transaction", "ShiftID", 10),
    ("Terminal", "TerminalID", 40),
    ("Address", "BillingName", 100),
    ("Address", "BillingEmail", 80),
    ("Address", "BillingAddress1", 50),
    ("Address", "BillingAddress2", 50),
    ("Address", "BillingCity", 40),
    ("Address", "BillingState", 30),
    ("Address", "BillingZipcode", 20),
];

const FLAGS: [(&str, &str); 9] = [
    ("TransactionSetup", "Embedded"),
    ("TransactionSetup", "CVVRequired"),
    ("TransactionSetup", "AutoReturn"),
    ("Address", "AddressEditAllowed"),
    ("Transaction", "DuplicateCheckDisableFlag"),
    ("Transaction", "DuplicateOverrideFlag"),
    ("Transaction", "PartialApprovedFlag"),
    ("Transaction", "RecurringFlag"),
    ("Transaction", "BillPaymentFlag"),
];

/// Numbers for names, and the highest of each.
const NUMBERS: [(&str, &str, u8); 14] = [
    ("Transaction", "MarketCode", 8),
    ("Transaction", "ReversalType", 2),
    ("Transaction", "PaymentType", 4),
    ("Transaction", "SubmissionType", 6),
    ("Terminal", "TerminalType", 8),
    ("Terminal", "TerminalCapabilityCode", 7),
    ("Terminal", "TerminalEnvironmentCode", 6),
    ("Terminal", "CardPresentCode", 3),
    ("Terminal", "CardholderPresentCode", 7),
    ("Terminal", "CardInputCode", 9),
    ("Terminal", "CVVPresenceCode", 4),
    ("Terminal", "MotoECICode", 9),
    ("PaymentAccount", "PaymentAccountType", 5),
    ("PaymentAccount", "PASSUpdaterOption", 2),
];

/// The first field that is wrong.
pub(super) fn wrong(root: &Element) -> Option<String> {
    let long = LONGEST.iter().find(|(class, name, most)| root.get(&[class, name]).chars().count() > *most);
    let flag = FLAGS.iter().find(|(class, name)| !matches!(root.get(&[class, name]), "" | "0" | "1"));
    let number = NUMBERS.iter().find(|(class, name, most)| {
        let sent = root.get(&[class, name]);
        !sent.is_empty() && !sent.parse::<u8>().is_ok_and(|it| it <= *most)
    });
    let name = long.map(|it| it.1).or(flag.map(|it| it.1)).or(number.map(|it| it.1));
    name.map(|it| format!("{it} invalid"))
}
