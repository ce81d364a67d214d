//! Files under 400 lines, functions under 70, tests beside the code, a first word on each file.

use super::{File, catches, hold, passes, rust, scan};

fn too_long(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    if !file.is_test() && lines >= 400 {
        vec![format!("{lines}: split it; a file has fewer than 400 lines")]
    } else {
        Vec::new()
    }
}

#[test]
fn files_are_short() {
    catches("crates/a/src/b.rs", &"x\n".repeat(400), too_long);
    passes("crates/a/src/b.rs", &"x\n".repeat(399), too_long);
    hold(&rust(), too_long);
}

/// Functions and their length, by counting braces in the code.
fn long_functions(file: &File) -> Vec<String> {
    let code = scan::code(&file.text);
    let lines: Vec<&str> = code.lines().collect();
    let mut broken = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let is_head = head.starts_with("fn ") || head.contains(" fn ") && !head.contains("= ");
        if !is_head {
            continue;
        }
        let (mut depth, mut opened, mut length) = (0_i32, false, 0);
        for line in &lines[at..] {
            length += 1;
            opened |= line.contains('{');
            depth += i32::try_from(line.matches('{').count()).unwrap_or(0)
                - i32::try_from(line.matches('}').count()).unwrap_or(0);
            if (opened && depth <= 0) || (!opened && line.trim_end().ends_with(';')) {
                break;
            }
        }
        if length > 70 {
            broken.push(format!("{}: {length} lines; a function has at most 70", at + 1));
        }
    }
    broken
}

#[test]
fn functions_are_short() {
    let body = |lines: usize| format!("pub fn a() {{\n{}}}\n", "    let b = \"{\";\n".repeat(lines));
    catches("crates/a/src/b.rs", &body(69), long_functions);
    passes("crates/a/src/b.rs", &body(68), long_functions);
    passes("crates/a/src/b.rs", &format!("fn a();\n{}", "// x\n".repeat(80)), long_functions);
    hold(&rust(), long_functions);
}

fn inline_tests(file: &File) -> Vec<String> {
    let code = scan::code(&file.text);
    let found = code.lines().enumerate().filter(|(_, line)| line.contains("mod tests {"));
    found.map(|(at, _)| format!("{}: put tests in tests.rs beside the file", at + 1)).collect()
}

#[test]
fn tests_are_beside_the_code() {
    catches("crates/a/src/b.rs", "#[cfg(test)]\nmod tests {\n}", inline_tests);
    hold(&rust(), inline_tests);
}

fn no_head(file: &File) -> Vec<String> {
    let begins = file.text.starts_with("//!");
    if begins || file.is_test() {
        Vec::new()
    } else {
        vec!["1: begin with //! and say what it owns and what it refuses".to_owned()]
    }
}

#[test]
fn every_file_says_what_it_owns() {
    catches("crates/a/src/b.rs", "use a;\n", no_head);
    hold(&rust(), no_head);
}

fn doctests(file: &File) -> Vec<String> {
    let marks = file.text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        (line.starts_with("///") || line.starts_with("//!")) && line.contains("```")
    });
    marks.map(|(at, _)| format!("{}: a doc comment's code is not run here; write a test", at + 1)).collect()
}

#[test]
fn no_code_stands_in_doc_comments() {
    catches("crates/a/src/b.rs", "/// ```\n/// a();\n/// ```\n", doctests);
    hold(&rust(), doctests);
}
