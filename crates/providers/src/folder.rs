//! The operator's folder of templates: read, and read again where a file changed.
//!
//! Owns the limits and who may have which name. Refuses a file that is wrong and goes on with the others; a file that
//! went wrong while the program runs leaves the version before in force.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use kontor_domain::templates::{Authentication, Template, fault::Fault};

/// The most files of the folder.
pub const MAX_FILES: usize = 10_000;
/// The longest file, in bytes.
pub const MAX_FILE: u64 = 65_536;

/// A file that is not used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file.
    pub file: PathBuf,
    /// The line, where there is one.
    pub line: Option<usize>,
    /// What is expected.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What tells that a file changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<std::time::SystemTime>,
    length: u64,
    #[cfg(unix)]
    changed: (u64, i64, i64),
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            changed: (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// A file as it was last seen.
struct Seen {
    stamp: Stamp,
    template: Option<Arc<Template>>,
    faults: Vec<Refused>,
}

/// The folder as it was last seen.
pub struct Folder {
    path: PathBuf,
    seen: BTreeMap<PathBuf, Seen>,
    /// Who has which name, in small letters.
    owners: BTreeMap<String, PathBuf>,
}

/// What the folder holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// The templates, by their files' names.
    pub templates: Vec<Arc<Template>>,
    /// What is not used as it is.
    pub refused: Vec<Refused>,
}

impl Folder {
    /// Not looked at yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: BTreeMap::new(), owners: BTreeMap::new() }
    }

    /// Looks at the folder. Files that did not change are not read again. `taken` says which names are built in.
    pub fn look(&mut self, taken: impl Fn(&str) -> bool) -> Contents {
        let mut contents = Contents::default();
        let files = match files(&self.path) {
            Ok(files) => files,
            Err(message) => {
                // A folder that is away for a moment does not take every provider with it.
                contents.refused.push(Refused { file: self.path.clone(), line: None, message });
                contents.templates = self.owners.values().filter_map(|it| self.template(it)).collect();
                return contents;
            }
        };
        let there: BTreeSet<&PathBuf> = files.iter().map(|(path, _)| path).collect();
        self.seen.retain(|path, _| there.contains(path));
        for (path, stamp) in &files {
            self.read(path, stamp);
        }
        self.settle(&taken, &mut contents);
        contents
    }

    fn template(&self, path: &Path) -> Option<Arc<Template>> {
        self.seen.get(path)?.template.clone()
    }

    fn read(&mut self, path: &Path, stamp: &Stamp) {
        let before = self.seen.get(path);
        if before.is_some_and(|it| it.stamp == *stamp) {
            return;
        }
        let last = before.and_then(|it| it.template.clone());
        let (template, faults) = match read(path) {
            Ok(template) => (Some(Arc::new(template)), Vec::new()),
            Err(mut faults) => {
                if let (Some(_), Some(first)) = (&last, faults.first_mut()) {
                    first.message.push_str(" (the version before stays in force)");
                }
                (last, faults)
            }
        };
        self.seen.insert(path.to_owned(), Seen { stamp: stamp.clone(), template, faults });
    }

    /// Who has which name: built-in providers first, then whoever had it, then by the files' names.
    fn settle(&mut self, taken: &impl Fn(&str) -> bool, contents: &mut Contents) {
        let name = |it: &Template| it.provider.to_ascii_lowercase();
        let mut owners = std::mem::take(&mut self.owners);
        owners.retain(|owned, path| self.template(path).is_some_and(|it| name(&it) == *owned));
        for (path, seen) in &self.seen {
            contents.refused.extend(seen.faults.iter().cloned());
            let Some(template) = &seen.template else { continue };
            let refuse = |message| Refused { file: path.clone(), line: None, message };
            if taken(&template.provider) {
                let message = format!("{} is built in: choose another provider name", template.provider);
                contents.refused.push(refuse(message));
                continue;
            }
            let owner = owners.entry(name(template)).or_insert_with(|| path.clone());
            if owner == path {
                contents.templates.push(Arc::clone(template));
            } else {
                let other = owner.display();
                let message =
                    format!("{} is the provider of {other} already: choose another name", template.provider);
                contents.refused.push(refuse(message));
            }
        }
        self.owners = owners;
    }
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, Stamp)>, String> {
    let wrong = |error: std::io::Error| format!("cannot be read: {error}");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let hidden = path.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"."));
        if hidden || path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        // One that went between the two looks is not there.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_file() {
            files.push((path, Stamp::of(&metadata)));
        }
        if files.len() > MAX_FILES {
            return Err(format!("has more than {MAX_FILES} templates"));
        }
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(files)
}

/// A file's text, within the limit.
pub fn text(path: &Path) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let mut bytes = Vec::new();
    let limit = MAX_FILE.saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(format!("has more than {MAX_FILE} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "is no text in UTF-8".to_owned())
}

fn read(path: &Path) -> Result<Template, Vec<Refused>> {
    let refused = |line, message| Refused { file: path.to_owned(), line, message };
    let text = text(path).map_err(|message| vec![refused(None, message)])?;
    let told = |faults: Vec<Fault>| faults.into_iter().map(|it| refused(Some(it.line), it.message)).collect();
    check(&text).map_err(told)
}

/// Reads a template that is no built-in provider's: it needs no code of its own.
pub fn check(text: &str) -> Result<Template, Vec<Fault>> {
    let template = Template::parse(text)?;
    if matches!(template.authentication, Authentication::Adapter) {
        let line = text.lines().position(|it| it.trim_start().starts_with("method")).unwrap_or(0);
        let message = "authentication.method adapter is for providers that are built in".to_owned();
        let severity = kontor_domain::templates::Severity::Error;
        return Err(vec![Fault { line: line.saturating_add(1), severity, message }]);
    }
    Ok(template)
}

#[cfg(test)]
mod tests;
