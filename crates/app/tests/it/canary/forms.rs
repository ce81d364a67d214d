//! What is looked for, in which forms, and where.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Secrets, each with what it is, and every form of them.
#[derive(Default)]
pub(super) struct Canaries {
    known: BTreeMap<String, String>,
    made: u64,
}

impl Canaries {
    /// A value that stands nowhere else, of letters and digits that any request can carry.
    pub(super) fn plain(&mut self, what: &str) -> String {
        self.made += 1;
        let value = format!("cny{}x{:04}", unique(), self.made);
        self.add(what, &value);
        value
    }

    /// The same with everything that texts are escaped for.
    pub(super) fn odd(&mut self, what: &str) -> String {
        let value = format!("{}\"\\/&<%+ é'", self.plain(what));
        self.add(what, &value);
        value
    }

    /// The same of 128 hexadecimal digits.
    pub(super) fn hex(&mut self, what: &str) -> String {
        self.made += 1;
        let digits = data_encoding::HEXUPPER.encode(format!("{}{:04}", unique(), self.made).as_bytes());
        let value: String = digits.chars().cycle().take(128).collect();
        self.add(what, &value);
        value
    }

    /// A card number that no other test has.
    pub(super) fn card(&mut self) -> String {
        let digits: String = unique().bytes().map(|it| char::from(b'0' + it % 10)).collect();
        let body = format!("4{}{:03}", &digits[..11], self.made % 1_000);
        self.made += 1;
        let sum: u32 = body
            .bytes()
            .rev()
            .enumerate()
            .map(|(at, it)| {
                let digit = u32::from(it - b'0');
                if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
            })
            .sum();
        let number = format!("{body}{}", (10 - sum % 10) % 10);
        self.add("a card number", &number);
        let grouped = [&number[..4], &number[4..8], &number[8..12], &number[12..]];
        self.add("a card number", &grouped.join(" "));
        self.add("a card number", &grouped.join("-"));
        number
    }

    /// A secret that somebody else made.
    pub(super) fn add(&mut self, what: &str, value: &str) {
        assert!(value.len() >= 6, "{what} is too short to be told from chance: {value}");
        self.known.insert(value.to_owned(), what.to_owned());
    }

    /// Those of one kind alone.
    pub(super) fn of(&self, what: &str) -> Self {
        let known = self.known.iter().filter(|(_, it)| *it == what);
        Self { known: known.map(|(value, it)| (value.clone(), it.clone())).collect(), made: self.made }
    }

    /// Every form and what it is a form of.
    fn needles(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for (value, what) in &self.known {
            for (form, name) in forms(value) {
                all.entry(form).or_insert_with(|| format!("{what}, {name}"));
            }
        }
        all
    }

    /// Looks through files and folders; says what stands where, and never the value.
    pub(super) fn found(&self, places: &[&Path], scratch: &Path, but_for: &[&str]) -> BTreeSet<String> {
        let needles = self.needles();
        let list = scratch.join("needles");
        let lines: Vec<&str> = needles.keys().map(String::as_str).collect();
        std::fs::write(&list, lines.join("\n")).expect("written");
        let mut grep = Command::new("grep");
        grep.env("LC_ALL", "C").args(["-r", "-a", "-o", "-H", "-F", "--exclude=needles", "-f"]).arg(&list);
        grep.args(but_for.iter().map(|it| format!("--exclude={it}"))).args(places);
        let output = grep.output().expect("grep runs");
        assert!(output.status.code().is_some_and(|it| it < 2), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        std::fs::remove_file(list).expect("removed");
        let one = |line: &str| {
            let (place, form) = line.split_once(':').unwrap_or((line, ""));
            format!("{place} has {}", needles.get(form).map_or("a form of something", String::as_str))
        };
        said.lines().map(one).collect()
    }
}

/// So many letters that no two runs have the same.
fn unique() -> String {
    let folder = tempfile::tempdir().expect("a name");
    let name = folder.path().file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let name = name.replace(|it: char| !it.is_ascii_alphanumeric(), "").replace("tmp", "");
    format!("{name}{name}{name}").chars().take(12).collect()
}

/// A value in each form that it might be written down in.
fn forms(value: &str) -> Vec<(String, &'static str)> {
    let bytes = value.as_bytes();
    let each = |prefix: &str| bytes.iter().map(|it| format!("{prefix}{it:02x}")).collect::<Vec<_>>().concat();
    let hex = each("");
    let json = serde_json::to_string(value).expect("a text");
    let percent: String = url::form_urlencoded::byte_serialize(bytes).collect();
    let unicode = value.encode_utf16().map(|it| format!("\\u{it:04x}")).collect::<Vec<_>>().concat();
    let ascii: String = value
        .chars()
        .map(|it| if it.is_ascii() { it.to_string() } else { format!("\\u{:04x}", u32::from(it)) })
        .collect();
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;");
    let mut forms = vec![
        (value.to_owned(), "raw"),
        (hex.clone(), "hex"),
        (hex.to_uppercase(), "hex"),
        (json.trim_matches('"').to_owned(), "escaped for JSON"),
        (
            serde_json::to_string(&ascii).expect("a text").trim_matches('"').replace("\\\\u", "\\u"),
            "escaped for JSON",
        ),
        (unicode, "escaped for JSON"),
        (percent.replace('+', "%20"), "escaped for URLs"),
        (percent, "escaped for URLs"),
        (each("%"), "escaped for URLs"),
        (each("%").to_uppercase(), "escaped for URLs"),
        (html, "escaped for HTML"),
        (value.chars().rev().collect(), "backwards"),
    ];
    for before in 0..3_usize {
        let moved = [vec![0; before], bytes.to_vec()].concat();
        let whole = BASE64_STANDARD.encode(&moved);
        let own = &whole[(before * 8).div_ceil(6)..moved.len() * 8 / 6];
        forms.push((own.to_owned(), "base64"));
        forms.push((own.replace('+', "-").replace('/', "_"), "base64"));
    }
    forms.retain(|(form, _)| form.len() >= 6 && !form.contains('\n'));
    forms
}

#[test]
fn every_form_of_a_canary_is_found() {
    let mut canaries = Canaries::default();
    let folder = tempfile::tempdir().expect("a folder");
    let (value, card) = (canaries.odd("a key"), canaries.card());
    let place = folder.path().join("log");
    let look = |text: &[u8]| {
        std::fs::write(&place, text).expect("written");
        canaries.found(&[&place], folder.path(), &[])
    };
    assert!(look(b"nothing of it").is_empty());
    for (form, name) in forms(&value) {
        let found = look(format!("before{form}\0after").as_bytes());
        assert!(found.iter().any(|it| it.contains("a key")), "{name}: {form}");
    }
    for before in ["", "u", "us", "user:"] {
        let text = BASE64_STANDARD.encode(format!("{before}{value}:rest"));
        assert!(look(text.as_bytes()).iter().any(|it| it.ends_with("base64")), "behind {before:?}");
    }
    let sum = card.bytes().rev().enumerate().map(|(at, it)| {
        let digit = u32::from(it - b'0');
        if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
    });
    assert!(card.len() == 16 && sum.sum::<u32>().is_multiple_of(10), "{card} is no card number");
    let grouped = format!("{} {} {} {}", &card[..4], &card[4..8], &card[8..12], &card[12..]);
    assert!(look(grouped.as_bytes()).iter().any(|it| it.contains("card")));
    let folder_too = canaries.found(&[folder.path()], folder.path(), &["log"]);
    assert!(folder_too.is_empty(), "what is left out is left out: {folder_too:?}");
}
