//! Ten thousand texts that nearly are templates: each is read or refused, with lines that are there.

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

use super::*;

const CASES: u32 = 10_000;
/// Printed when a case fails; the same cases come again with it.
const SEED: [u8; 32] = *b"templates that nearly are right.";

/// A change of a text.
#[derive(Debug, Clone)]
enum Edit {
    Remove(Index, usize),
    Insert(Index, String),
    Repeat(Index),
    Swap(Index, Index),
    Replace(Index, String),
    End(Index),
}

fn edits() -> impl Strategy<Value = Edit> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "[",
            "]",
            "[[",
            "]]",
            "{",
            "}",
            "{{",
            "}}",
            "\"",
            "\"\"\"",
            "'",
            "=",
            ",",
            ".",
            "\n",
            "#",
            "\\",
            "-1",
            "1e9",
            "true",
            "1979-05-27T07:32:00Z",
            "inf",
            "nan",
            "0x",
            "_",
            "key",
            "required = 3\n",
            "[webhook]\n",
            "[tokens]\n",
            "{{secrets.Key}}",
            "{{environment.base_url}}",
            "{{request.body}}",
            "a = {}\n",
            "[[configuration_fields]]\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        (any::<Index>(), 1..40_usize).prop_map(|(at, many)| Edit::Remove(at, many)),
        (any::<Index>(), piece.clone()).prop_map(|(at, text)| Edit::Insert(at, text)),
        any::<Index>().prop_map(Edit::Repeat),
        (any::<Index>(), any::<Index>()).prop_map(|(one, two)| Edit::Swap(one, two)),
        (any::<Index>(), piece).prop_map(|(at, text)| Edit::Replace(at, text)),
        any::<Index>().prop_map(Edit::End),
    ]
}

fn edited(text: &str, edit: &Edit) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let mut lines: Vec<&str> = text.lines().collect();
    if letters.is_empty() || lines.is_empty() {
        return text.to_owned();
    }
    match edit {
        Edit::Remove(at, many) => {
            let at = at.index(letters.len());
            let end = letters.len().min(at + many);
            letters.drain(at..end);
            return letters.into_iter().collect();
        }
        Edit::Insert(at, piece) => {
            let at = at.index(letters.len());
            letters.splice(at..at, piece.chars());
            return letters.into_iter().collect();
        }
        Edit::End(at) => return letters[..at.index(letters.len())].iter().collect(),
        Edit::Repeat(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at]);
        }
        Edit::Swap(one, two) => {
            let (one, two) = (one.index(lines.len()), two.index(lines.len()));
            lines.swap(one, two);
        }
        Edit::Replace(at, piece) => {
            let at = at.index(lines.len());
            lines[at] = piece;
        }
    }
    lines.join("\n")
}

#[test]
fn whatever_is_read_is_a_template_or_has_faults_with_lines() {
    println!("{CASES} cases with the seed {:?}", std::str::from_utf8(&SEED));
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let all = embedded();
    let cases = (prop::sample::select(all), prop::collection::vec(edits(), 1..4));
    let mut runner = TestRunner::new_with_rng(config, random);
    let ran = runner.run(&cases, |((name, text), changes)| {
        let text = changes.iter().fold(text, |text, edit| edited(&text, edit));
        let reading = Template::read(&text);
        let errors = reading.faults.iter().filter(|it| it.severity == Severity::Error).count();
        prop_assert_eq!(reading.template.is_some(), errors == 0, "{}: {:?}", name, reading.faults);
        prop_assert!(reading.faults.len() <= fault::MAX_FAULTS);
        let last = text.matches('\n').count() + 1;
        for fault in &reading.faults {
            prop_assert!((1..=last).contains(&fault.line), "{}: {fault} of {last} lines", name);
            prop_assert!(!fault.message.trim().is_empty(), "{}", name);
        }
        // What was read can be used: settings are settled without a fault of the reader's.
        if let Some(template) = reading.template {
            let _ = template.check_configuration(&BTreeMap::new(), None);
        }
        Ok(())
    });
    if let Err(found) = ran {
        panic!("{found}");
    }
}
