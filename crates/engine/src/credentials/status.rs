//! How many keys and records are under which key: what proves that a rotation is at its end.

use std::collections::BTreeMap;

use kontor_store::{
    Conn, keks,
    keks::{Known, State},
    keys, sealed,
};

/// Where the keys stand.
#[derive(Debug, Clone)]
pub struct Status {
    /// The key-encryption keys, oldest first.
    pub keks: Vec<KekStatus>,
    /// Data-encryption keys in all.
    pub deks: u64,
    /// Sealed records in all.
    pub records: u64,
    /// Keys that are not their organization's newest, and what is under them.
    pub old: Vec<OldDek>,
    /// Records that name a key which is not there: they open no more.
    pub lost: u64,
    /// Rotations of data-encryption keys that did not end: whose, '' is everyone's.
    pub rotations: Vec<String>,
}

/// A key-encryption key.
#[derive(Debug, Clone)]
pub struct KekStatus {
    /// Which, and where it stands.
    pub known: Known,
    /// Data-encryption keys under it.
    pub deks: u64,
}

/// A data-encryption key that a newer one has followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldDek {
    /// Whose.
    pub organization: String,
    /// Its number.
    pub id: u32,
    /// Records under it.
    pub records: u64,
}

impl Status {
    /// Looks everything up. Figures that are counted one after another: while others write, each is true for itself.
    pub async fn read(conn: &mut Conn) -> Result<Self, kontor_store::Error> {
        let under: BTreeMap<String, i64> = keys::under_each(conn).await?.into_iter().collect();
        let known = keks::all(conn).await?;
        let count = |it: &Known| unsigned(under.get(&it.fingerprint).copied().unwrap_or(0));
        let keks = known.iter().map(|it| KekStatus { known: it.clone(), deks: count(it) }).collect();
        let mut deks: BTreeMap<(String, u32), u64> = BTreeMap::new();
        for (organization, id) in keys::numbers(conn).await? {
            let id = u32::try_from(id).map_err(|_| kontor_store::Error::Corrupt("deks.id"))?;
            deks.insert((organization, id), 0);
        }
        let (mut records, mut lost) = (0_u64, 0_u64);
        for column in &sealed::COLUMNS {
            for it in sealed::under_each(conn, column).await? {
                let here = unsigned(it.records);
                records = records.saturating_add(here);
                match it.dek.and_then(|id| deks.get_mut(&(it.organization, id))) {
                    Some(total) => *total = total.saturating_add(here),
                    None => lost = lost.saturating_add(here),
                }
            }
        }
        let total = deks.len();
        let old = not_newest(deks);
        let rotations = keys::rotations(conn).await?.into_iter().map(|(name, _)| name).collect();
        Ok(Self { keks, deks: total.try_into().unwrap_or(u64::MAX), records, old, lost, rotations })
    }

    /// Data-encryption keys that are not under the key in force or on its way to be.
    pub fn deks_on_old_keks(&self) -> u64 {
        let staged = self.keks.iter().any(|it| it.known.state == State::Staged);
        let target = if staged { State::Staged } else { State::Active };
        let on_target: u64 = self.keks.iter().filter(|it| it.known.state == target).map(|it| it.deks).sum();
        self.deks.saturating_sub(on_target)
    }

    /// Records that are not under their organization's newest key.
    pub fn records_on_old_deks(&self) -> u64 {
        self.old.iter().map(|it| it.records).sum()
    }
}

fn not_newest(deks: BTreeMap<(String, u32), u64>) -> Vec<OldDek> {
    let mut all = deks.into_iter().peekable();
    let mut old = Vec::new();
    while let Some(((organization, id), records)) = all.next() {
        // In order of organization and number: whoever has the same organization behind it is not its newest.
        if all.peek().is_some_and(|((next, _), _)| *next == organization) {
            old.push(OldDek { organization, id, records });
        }
    }
    old
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests;
