use super::*;

fn read(toml: &str) -> anyhow::Result<Config> {
    let mut source = Source::default();
    source.toml("kontor.toml", toml);
    Config::read(source)
}

#[test]
fn the_defaults_stand() {
    let config = read("").expect("defaults");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.database_url(), "sqlite:kontor-data/kontor.db");
    let key_file = PathBuf::from("kontor-data.key");
    assert_eq!(config.vault().here, vault::Backend::Local { key_file }, "beside the folder, not inside");
    assert_eq!(config.vault().destroyed_file, Path::new("kontor-data.destroyed"));
    assert_eq!(config.vault().next, None);
    let providers = config.providers().expect("no secret to read");
    assert_eq!(providers.worldpay.timeout_ms, 65_000);
    assert_eq!(providers.authorize_net.timeout_ms, 30_000);
    assert_eq!(providers.quickbooks.environment.as_str(), "Production");
    assert_eq!(localhost().as_str(), "http://127.0.0.1:8080/");
}

#[test]
fn settings_must_agree() {
    let wrong = |toml: &str| read(toml).err().map(|it| it.to_string()).unwrap_or_default();
    assert!(
        wrong("[limits]\nrequest_timeout_seconds = 65")
            .contains("kontor.toml:2: limits.request_timeout_seconds")
    );
    assert!(read("[limits]\nrequest_timeout_seconds = 66").is_ok());
    assert!(wrong("database_url = \"mysql://x\"").contains("sqlite: or postgres://"));
    assert!(wrong("production = true").contains("https://"));
    assert!(read("production = true\npublic_url = \"https://kontor.example\"").is_ok());
    let two = wrong("production = true\ndatabase_url = \"x\"\nlisten = \"nowhere\"");
    assert!(two.starts_with("3 settings are wrong"), "{two}");
}

#[test]
fn what_is_printed_sets_the_same_and_hides_passwords() {
    let toml =
        "database_url = \"postgres://kontor:hunter2@db/kontor?password=hunter2\"\n[log]\nformat = \"json\"";
    let printed = read(toml).expect("settings").redacted();
    assert!(!printed.contains("hunter2"), "{printed}");
    let again = read(&printed).expect("what is printed can be read");
    assert_eq!(again.redacted(), printed);
    assert!(again.log.json);
}

#[test]
fn the_operators_app_is_whole_and_its_secret_is_read_and_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("intuit.secret");
    let toml = |file: &Path| {
        let file = file.display();
        format!(
            "[providers.quickbooks]\nclient_id = \"AB1\"\nclient_secret_file = \"{file}\"\nwebhook_verifier_file = \"{file}\"\nenvironment = \"Sandbox\""
        )
    };
    let config = read(&toml(&file)).expect("settings");
    let missing = config.providers().expect_err("there is no such file").to_string();
    assert!(missing.contains("intuit.secret"), "{missing}");
    std::fs::write(&file, " \n").expect("a file");
    let empty = config.providers().expect_err("it is empty").to_string();
    assert!(empty.contains("is empty"), "{empty}");
    std::fs::write(&file, "shh-hunter2\n").expect("a file");
    let app = config.providers().expect("settings").quickbooks;
    assert_eq!(app.client_secret.as_ref().map(|it| it.expose().to_owned()).as_deref(), Some("shh-hunter2"));
    assert_eq!(
        app.webhook_verifier.as_ref().map(|it| it.expose().to_owned()).as_deref(),
        Some("shh-hunter2")
    );
    assert_eq!(app.environment.as_str(), "Sandbox");
    assert!(!format!("{app:?}").contains("hunter2") && !config.redacted().contains("hunter2"));
    assert_eq!(read(&config.redacted()).expect("it can be read").redacted(), config.redacted());

    let wrong = |toml: &str| read(toml).err().map(|it| it.to_string()).unwrap_or_default();
    assert!(wrong("[providers.quickbooks]\nclient_id = \"AB1\"").contains("an app has both"));
    assert!(wrong("[providers.quickbooks]\nclient_secret_file = \"x\"").contains("an app has both"));
    assert!(
        wrong("[providers.quickbooks]\nenvironment = \"sandbox\"").contains("one of: Production, Sandbox")
    );
}

#[test]
fn a_key_is_described_whole() {
    let wrong = |toml: &str| read(toml).err().map(|it| it.to_string()).unwrap_or_default();
    let token =
        "pkcs11_module = \"/lib/m.so\"\npkcs11_token = \"t\"\npkcs11_key = \"k\"\npkcs11_pin_file = \"p\"";
    let config = read(&format!("[vault]\nkey_file = \"a\"\n[vault.next]\nbackend = \"pkcs11\"\n{token}"))
        .expect("both");
    assert!(matches!(config.vault().next, Some(vault::Backend::Pkcs11 { .. })));
    assert_eq!(read(&config.redacted()).expect("it can be read").redacted(), config.redacted());
    let missing = wrong("[vault]\nbackend = \"pkcs11\"\npkcs11_module = \"/lib/m.so\"");
    assert!(missing.starts_with("3 settings are wrong"), "{missing}");
    assert!(wrong(&format!("[vault]\n{token}")).contains("set `vault.backend`"));
    assert!(wrong("[vault.next]\nbackend = \"local\"").contains("vault.next.key_file must be set"));
    let same = wrong("[vault]\nkey_file = \"a\"\n[vault.next]\nkey_file = \"a\"");
    assert!(same.contains("another key"), "{same}");
    assert!(wrong("[vault]\nbackend = \"file\"").contains("one of: local, pkcs11, aws-kms"));

    let service = "backend = \"aws-kms\"\naws_kms_key = \"alias/kontor\"\naws_kms_region = \"eu-north-1\"";
    let config =
        read(&format!("[vault]\n{service}\naws_kms_endpoint = \"http://127.0.0.1:5\"")).expect("both");
    assert!(matches!(config.vault().here, vault::Backend::AwsKms { timeout_ms: 3_000, .. }));
    assert_eq!(read(&config.redacted()).expect("it can be read").redacted(), config.redacted());
    let missing = wrong("[vault]\nbackend = \"aws-kms\"\nkey_file = \"a\"\npkcs11_key = \"k\"");
    assert!(missing.starts_with("4 settings are wrong"), "{missing}");
    for far in ["http://kms.example", "http://10.0.0.1:1"] {
        let error = wrong(&format!("[vault]\n{service}\naws_kms_endpoint = \"{far}\""));
        assert!(error.contains("must begin with https://"), "{error}");
    }
}

#[test]
fn a_place_is_opened_by_name_or_by_a_sandbox_address_and_by_nothing_else() {
    let places = |toml: &str| {
        let opened = read(toml).expect("settings").opened();
        opened.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(places(""), "");
    let opened = places(
        "[network]\nallow_hosts = [\"10.0.0.7:8443\", \"Mail.Inner.example:465\"]\n\
         [providers.worldpay]\nsandbox_url = \"http://127.0.0.1:9000/a\"",
    );
    for place in ["10.0.0.7\", port: 8443", "mail.inner.example\", port: 465", "127.0.0.1\", port: 9000"] {
        assert!(opened.contains(place), "{opened}");
    }
    for wrong in ["[\"10.0.0.7\"]", "[\"*:443\"]", "[\"http://a:1\"]", "[1]", "true"] {
        let error = read(&format!("[network]\nallow_hosts = {wrong}")).expect_err(wrong).to_string();
        assert!(error.contains("kontor.toml:2: network.allow_hosts"), "{error}");
    }
    let many = |count: usize| read(&format!("[network]\nallow_hosts = {:?}", vec!["a.example:1"; count]));
    assert!(many(100).is_ok() && many(101).is_err());
}

#[test]
fn a_callers_own_request_ends_before_its_time_is_over() {
    let timeout = |toml: &str| read(toml).map(|it| it.engine().proxy.timeout.as_secs());
    assert_eq!(timeout("").expect("settings"), 60);
    assert_eq!(timeout("[proxy]\ntimeout_seconds = 149").expect("settings"), 149);
    let error = timeout("[proxy]\ntimeout_seconds = 150").expect_err("too long").to_string();
    assert!(error.contains("kontor.toml:2: proxy.timeout_seconds must be less"), "{error}");
}

#[test]
fn an_app_at_a_described_provider_is_read_in_any_case_of_letters() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("crm.secret");
    std::fs::write(&file, " s3cret\n").expect("a file");
    let toml = format!("[apps.HubSpot]\nclient_id = \"AB1\"\nclient_secret_file = \"{}\"", file.display());
    let config = read(&toml).expect("settings");
    let providers = config.providers().expect("the secret is read");
    let app = providers.apps.get("hubspot").expect("an app");
    let secret = app.client_secret.as_ref().map(kontor_domain::Secret::expose);
    assert_eq!((app.client_id.as_deref(), secret), (Some("AB1"), Some("s3cret")));
    assert!(!format!("{app:?}").contains("s3cret"));
    let printed = config.redacted();
    assert!(printed.contains("[apps.hubspot]") && !printed.contains("s3cret"), "{printed}");
    assert_eq!(read(&printed).expect("what is printed can be read").redacted(), printed);
    let mut source = Source::default();
    source.environment(&[("KONTOR_APPS__HUBSPOT__CLIENT_ID".to_owned(), "AB2".to_owned())]);
    let public = Config::read(source).expect("settings").providers().expect("no secret to read");
    let app = public.apps.get("hubspot").expect("an app");
    assert!(app.client_id.as_deref() == Some("AB2") && app.client_secret.is_none());
    let wrong = |toml: &str| read(toml).err().map(|it| it.to_string()).unwrap_or_default();
    assert!(wrong("[apps.HubSpot]\nclient_secret_file = \"x\"").contains("needs client_id"));
    assert!(wrong("[apps.HubSpot]\nsecret = \"x\"").contains("apps.hubspot.secret is not a setting"));
    assert!(wrong("[apps.\"Hub Spot\"]\nclient_id = \"x\"").contains("is not a setting"));
    assert!(wrong("[apps.QuickBooks]\nclient_id = \"x\"").contains("providers.quickbooks.client_id"));
}
