use super::*;

fn faults(toml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let mut source = read(toml, environment);
    source.number("payments.sweep_seconds", 1..=60);
    source.flag("production");
    source.url("public_url");
    source.faults
}

fn read(toml: &str, environment: &[(&str, &str)]) -> Source {
    let mut source = Source::default();
    source.toml("kontor.toml", toml);
    let variables: Vec<(String, String)> =
        environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    source.environment(&variables);
    source
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_the_nearest_one() {
    assert_eq!(
        faults("listen = \"127.0.0.1:1\"\n\n[payments]\nsweep_secnds = 5\n", &[]),
        ["kontor.toml:4: payments.sweep_secnds is not a setting; did you mean payments.sweep_seconds?"]
    );
    assert_eq!(faults("[colours]\nred = 1\n", &[]), ["kontor.toml:1: colours is not a setting"]);
    assert_eq!(
        faults("", &[("KONTOR_LISTN", "x"), ("PATH", "/bin"), ("KONTOR_TEST_THING", "1")]),
        ["the environment's KONTOR_LISTN: listn is not a setting; did you mean listen?"]
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let all =
        faults("production = 1\npublic_url = \"ftp://x\"\n[payments]\nsweep_seconds = 61\nlisten = 1\n", &[]);
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(
        all.iter().any(|it| it.starts_with("kontor.toml:1: production must be true or false")),
        "{all:?}"
    );
    assert!(all.iter().any(|it| it.starts_with("kontor.toml:2: public_url must be an http")), "{all:?}");
    assert!(
        all.iter()
            .any(|it| it
                .starts_with("kontor.toml:4: payments.sweep_seconds must be a whole number from 1 to 60")),
        "{all:?}"
    );
    assert!(
        all.iter().any(|it| it.starts_with("kontor.toml:5: payments.listen is not a setting")),
        "{all:?}"
    );
}

#[test]
fn the_environment_stands_above_the_file() {
    let mut source = read("[payments]\nsweep_seconds = 5\n", &[("KONTOR_PAYMENTS__SWEEP_SECONDS", "7")]);
    assert_eq!(source.number("payments.sweep_seconds", 1..=60), Some(7));
}

#[test]
fn types_are_those_of_the_file() {
    assert_eq!(faults("production = \"true\"", &[]).len(), 1, "a quoted truth is a text");
    assert_eq!(faults("[payments]\nsweep_seconds = \"5\"", &[]).len(), 1);
    assert_eq!(faults("[payments]\nsweep_seconds = 5.0", &[]).len(), 1);
    assert_eq!(faults("payments = 5", &[]).len(), 1);
    assert!(faults("production = true\n[payments]\nsweep_seconds = 1", &[]).is_empty());
    assert!(faults("[payments]\nsweep_seconds = 60", &[]).is_empty());
    assert_eq!(faults("", &[("KONTOR_PRODUCTION", "yes")]).len(), 1);
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let all = faults("listen = \"127.0.0.1:1\"\nproduction = \n", &[]);
    assert!(all.iter().any(|it| it.starts_with("kontor.toml:2:")), "{all:?}");
}

#[test]
fn distances() {
    assert_eq!(distance("listen", "listen"), 0);
    assert_eq!(distance("listen", "listn"), 1);
    assert_eq!(distance("", "abc"), 3);
    assert_eq!(distance("kitten", "sitting"), 3);
}
