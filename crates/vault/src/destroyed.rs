//! The organizations that were deleted for good: a list beside the key, outside of the database and of its backups.
//!
//! A backup from before a deletion still has the organization's wrapped keys; with this list the program does not
//! unwrap them. Refuses to guess: a list that cannot be read opens nothing.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::KekError;

/// The largest list that is read, in bytes: more than half a million deletions.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The list.
#[derive(Debug, Clone)]
pub struct Destroyed {
    path: PathBuf,
}

impl Destroyed {
    /// In this file, which comes to be with the first deletion.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Everyone on it.
    pub fn all(&self) -> Result<Vec<String>, KekError> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(KekError::File(error)),
            Ok(facts) if facts.len() > LARGEST => {
                return Err(KekError::File(ErrorKind::FileTooLarge.into()));
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(&self.path).map_err(KekError::File)?;
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }

    /// Refuses an organization that is on it.
    pub fn check(&self, organization: &str) -> Result<(), KekError> {
        if self.all()?.iter().any(|it| it == organization) {
            return Err(KekError::Destroyed(organization.to_owned()));
        }
        Ok(())
    }

    /// Puts an organization on it; on disk when this returns.
    pub fn add(&self, organization: &str) -> Result<(), KekError> {
        if self.all()?.iter().any(|it| it == organization) {
            return Ok(());
        }
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(KekError::File)?;
        file.write_all(format!("{organization}\n").as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(KekError::File)?;
        let folder = self.path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder).and_then(|it| it.sync_all()).map_err(KekError::File)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
