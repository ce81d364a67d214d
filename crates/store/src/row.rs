//! Reading a row's columns into the domain's types; a value that does not read back is `Corrupt`.

use std::str::FromStr;

use jiff::Timestamp;
use kontor_domain::{Currency, Money};
use serde::de::DeserializeOwned;
use sqlx::{Row as _, any::AnyRow};

use crate::Error;

/// Columns by name.
pub(crate) trait Columns {
    fn int(&self, name: &'static str) -> Result<i64, Error>;
    fn maybe_int(&self, name: &'static str) -> Result<Option<i64>, Error>;
    fn text(&self, name: &'static str) -> Result<String, Error>;
    fn maybe_text(&self, name: &'static str) -> Result<Option<String>, Error>;
    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error>;

    fn flag(&self, name: &'static str) -> Result<bool, Error> {
        Ok(self.int(name)? != 0)
    }

    fn parsed<T: FromStr>(&self, name: &'static str) -> Result<T, Error> {
        self.text(name)?.parse().map_err(|_| Error::Corrupt(name))
    }

    fn maybe_parsed<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Error> {
        self.maybe_text(name)?.map(|text| text.parse().map_err(|_| Error::Corrupt(name))).transpose()
    }

    fn json<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Error> {
        serde_json::from_str(&self.text(name)?).map_err(|_| Error::Corrupt(name))
    }

    fn maybe_json<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let text = self.maybe_text(name)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| Error::Corrupt(name))).transpose()
    }

    fn time(&self, name: &'static str) -> Result<Timestamp, Error> {
        Timestamp::from_microsecond(self.int(name)?).map_err(|_| Error::Corrupt(name))
    }

    fn maybe_time(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        let micros = self.maybe_int(name)?;
        micros.map(|micros| Timestamp::from_microsecond(micros).map_err(|_| Error::Corrupt(name))).transpose()
    }

    fn money(&self, name: &'static str, currency: Currency) -> Result<Money, Error> {
        Ok(Money::from_minor(self.int(name)?, currency))
    }
}

impl Columns for AnyRow {
    fn int(&self, name: &'static str) -> Result<i64, Error> {
        Ok(self.try_get(name)?)
    }
    fn maybe_int(&self, name: &'static str) -> Result<Option<i64>, Error> {
        Ok(self.try_get(name)?)
    }
    fn text(&self, name: &'static str) -> Result<String, Error> {
        Ok(self.try_get(name)?)
    }
    fn maybe_text(&self, name: &'static str) -> Result<Option<String>, Error> {
        Ok(self.try_get(name)?)
    }
    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error> {
        Ok(self.try_get(name)?)
    }
}

/// JSON text of a value that always serializes.
pub(crate) fn json_text<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Corrupt("json"))
}
