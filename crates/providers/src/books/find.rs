//! Looking through the books: what is asked for, and what comes back.

use jiff::Timestamp;

use super::{Kind, Object};

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub enum Find<'a> {
    /// A customer's or an item's name, in any case of letters.
    Name(&'a str),
    /// A customer's e-mail address, in any case of letters.
    Email(&'a str),
    /// An item's number.
    Sku(&'a str),
    /// A document's number; payments have none (§3.9).
    Number(&'a str),
    /// Documents whose private note has this text, among those made since a moment: notes cannot be asked for (§4.1), so
    /// that all of them are looked through.
    Note {
        /// Our own key.
        text: &'a str,
        /// When it was sent first, or a little before.
        since: Timestamp,
    },
}

/// Which of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All, those out of use too.
    All,
    /// Those that changed at or after a moment. Deleted ones are not among them.
    ChangedSince(Timestamp),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What was read.
    pub objects: Vec<Object>,
    /// What could not be read; it must not hide the rest.
    pub unreadable: Vec<Unreadable>,
    /// What to ask after next; none at the end.
    pub next: Option<String>,
}

/// An object that came and could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What it is.
    pub kind: Kind,
    /// Which, where that much could be read.
    pub id: Option<String>,
    /// What is wrong, in words.
    pub why: String,
}

/// Who has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// What it is.
    pub kind: HolderKind,
    /// Which.
    pub id: String,
    /// Whether it is in use.
    pub active: bool,
}

/// Who may have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolderKind {
    /// A customer.
    Customer,
    /// Whom the company buys from.
    Vendor,
    /// Who works for it.
    Employee,
}

kontor_domain::words!(HolderKind { Customer = "customer", Vendor = "vendor", Employee = "employee" });

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Objects as they stand now. One may be among them that was seen before.
    pub objects: Vec<Object>,
    /// What is gone.
    pub removed: Vec<Removed>,
    /// What could not be read; it must not hide the rest.
    pub unreadable: Vec<Unreadable>,
    /// The books' own time: where the next question begins.
    pub until: Timestamp,
    /// Whether there may be more than came: ask again from a later moment, for fewer kinds, or compare the whole.
    pub cut: bool,
}

/// Something that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// What it was.
    pub kind: Kind,
    /// Which.
    pub id: String,
    /// When, where that is said.
    pub at: Option<Timestamp>,
}

/// What a notification says has happened: a reason to ask, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whose books: [`super::Accounting::company_id`].
    pub company: String,
    /// What it is about, where that is followed.
    pub kind: Option<Kind>,
    /// The same in the provider's word.
    pub entity: String,
    /// Which.
    pub id: String,
    /// What happened to it.
    pub what: What,
    /// What went up in it, for a merge.
    pub merged: Option<String>,
    /// When. Notices come late, twice and out of order.
    pub at: Option<Timestamp>,
    /// The notification's own id, where it has one; it stays the same when it is sent again.
    pub notice_id: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// Made.
    Created,
    /// Changed.
    Updated,
    /// Deleted.
    Deleted,
    /// Another went up in it.
    Merged,
    /// Taken back.
    Voided,
    /// Sent to somebody.
    Emailed,
    /// Something newer.
    Other,
}
