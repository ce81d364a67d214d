//! What an integration is for, and how its connection stands.

/// What an integration is for (API.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntegrationType {
    /// Takes payments.
    Payment,
    /// Keeps books.
    Accounting,
    /// Ships goods.
    Shipping,
    /// Sends mail.
    Email,
    /// Sends text messages.
    Sms,
    /// Watches what happens.
    Analytics,
    /// Keeps customers.
    Crm,
    /// Counts stock.
    Inventory,
}

crate::words!(IntegrationType {
    Payment = "Payment",
    Accounting = "Accounting",
    Shipping = "Shipping",
    Email = "Email",
    Sms = "Sms",
    Analytics = "Analytics",
    Crm = "Crm",
    Inventory = "Inventory",
});

impl IntegrationType {
    /// Its number, from 1.
    pub fn number(self) -> i64 {
        let before = Self::ALL.iter().take_while(|it| **it != self).count();
        i64::try_from(before).unwrap_or(0).saturating_add(1)
    }

    /// The type of a number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.number() == number)
    }
}

/// How the last connection test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStatus {
    /// There was none since the last change that needs one.
    NotTested,
    /// The provider took the credentials.
    Success,
    /// It did not.
    Failed,
}

crate::words!(TestStatus { NotTested = "NotTested", Success = "Success", Failed = "Failed" });

/// How the connection to an OAuth provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// The provider has no OAuth.
    NotRequired,
    /// Nobody consented yet.
    NotConnected,
    /// Tokens are there.
    Connected,
    /// The tokens are worth nothing any more; somebody has to consent again.
    NeedsReauthorization,
}

crate::words!(ConnectionStatus {
    NotRequired = "NotRequired",
    NotConnected = "NotConnected",
    Connected = "Connected",
    NeedsReauthorization = "NeedsReauthorization",
});

#[cfg(test)]
mod tests;
