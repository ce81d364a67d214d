//! As much of Rust's grammar as the rules need: what is code, what is a comment, what is a text.

/// The code with every comment and every text blanked out, line for line.
pub(crate) fn code(text: &str) -> String {
    split(text).0
}

/// Texts and the line on which each begins, from 1.
pub(crate) fn texts(text: &str) -> Vec<(usize, String)> {
    split(text).1
}

fn split(text: &str) -> (String, Vec<(usize, String)>) {
    let letters: Vec<char> = text.chars().collect();
    let (mut code, mut texts) = (String::new(), Vec::new());
    let (mut at, mut line) = (0, 1);
    let blank = |from: usize, to: usize, code: &mut String| {
        code.extend(letters[from..to].iter().map(|it| if *it == '\n' { '\n' } else { ' ' }));
    };
    while at < letters.len() {
        let begin = at;
        let next = letters.get(at + 1).copied().unwrap_or_default();
        match letters[at] {
            '/' if next == '/' => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
                blank(begin, at, &mut code);
            }
            '"' => {
                at = close(&letters, at + 1, 0);
                texts.push((line, letters[begin + 1..at.saturating_sub(1).max(begin + 1)].iter().collect()));
                blank(begin, at, &mut code);
            }
            'r' if raw(&letters, at).is_some()
                && !code.ends_with(|it: char| it.is_alphanumeric() || it == '_') =>
            {
                let marks = raw(&letters, at).unwrap_or(0);
                at = close_raw(&letters, at + marks + 2, marks);
                texts.push((line, letters[begin..at].iter().collect()));
                blank(begin, at, &mut code);
            }
            '\'' if is_letter(&letters, at) => {
                at += if next == '\\' { 3 } else { 2 };
                while letters.get(at - 1).is_some_and(|it| *it != '\'')
                    || letters.get(at - 2) == Some(&'\'') && at - begin < 3
                {
                    at += 1;
                }
                blank(begin, at.min(letters.len()), &mut code);
            }
            other => {
                code.push(other);
                at += 1;
            }
        }
        at = at.min(letters.len());
        line += letters[begin..at].iter().filter(|it| **it == '\n').count();
    }
    (code, texts)
}

/// After the closing mark of a text.
fn close(letters: &[char], mut at: usize, _: usize) -> usize {
    while at < letters.len() {
        match letters[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    letters.len()
}

fn raw(letters: &[char], at: usize) -> Option<usize> {
    let marks = letters[at + 1..].iter().take_while(|it| **it == '#').count();
    (letters.get(at + 1 + marks) == Some(&'"')).then_some(marks)
}

fn close_raw(letters: &[char], mut at: usize, marks: usize) -> usize {
    while at < letters.len() {
        if letters[at] == '"'
            && letters[at + 1..].iter().take(marks).filter(|it| **it == '#').count() == marks
        {
            return at + 1 + marks;
        }
        at += 1;
    }
    letters.len()
}

/// A letter in single quotes and not a lifetime.
fn is_letter(letters: &[char], at: usize) -> bool {
    letters.get(at + 1) == Some(&'\\') || letters.get(at + 2) == Some(&'\'')
}

#[test]
fn comments_texts_and_letters_are_no_code() {
    let sample =
        "let a = \"{ // \\\" }\"; // {\nlet b = '{'; let c: &'static str = r#\"{\"#; let d = '\\'';\n{}";
    let code = code(sample);
    assert_eq!(code.matches('{').count(), 1, "{code}");
    assert_eq!(code.lines().count(), 3);
    assert!(code.contains("'static str"), "{code}");
    let texts: Vec<_> = texts(sample);
    assert_eq!(texts[0], (1, "{ // \\\" }".to_owned()));
    assert_eq!(texts[1].0, 2);
}
