use super::*;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn what_is_kept_comes_back_whole() {
    let kept = Kept {
        token: secret("R\"1"),
        access: Some(secret("A")),
        secrets: BTreeMap::from([("ClientSecret".to_owned(), secret("s"))]),
        account: BTreeMap::from([("realm".to_owned(), "7".to_owned())]),
    };
    let read = Kept::unbundle(&kept.bundle()).expect("what was bundled");
    assert_eq!((read.token.expose(), read.access.as_ref().map(Secret::expose)), ("R\"1", Some("A")));
    assert_eq!(read.secrets.get("ClientSecret").map(Secret::expose), Some("s"));
    assert_eq!(read.account, kept.account);
    let older = Kept::unbundle(&secret("{\"token\":\"T\",\"secrets\":{}}")).expect("an older row");
    assert!(older.access.is_none() && older.account.is_empty());
    assert!(Kept::unbundle(&secret("nothing")).is_none());
    assert!(Kept::unbundle(&secret("{\"token\":1,\"secrets\":{}}")).is_none());
}

#[test]
fn only_what_the_call_is_made_of_is_kept() {
    let needed = |more: &str| Needed::of(&Template::parse(&format!("{TEMPLATE}{more}")).expect("a template"));
    let plain = needed("");
    assert_eq!(plain, Needed { secrets: vec!["ClientSecret".to_owned()], access: false, account: false });
    let own = needed(
        r#"
[revocation]
method = "POST"
url = "https://books.example/companies/{{account.realm}}/goodbye"
headers = { Authorization = "Bearer {{access_token}}" }
json = { inside = [{ token = "{{token}}", key = "{{secrets.RevocationKey}}" }] }
"#,
    );
    let secrets = ["ClientSecret", "RevocationKey"].map(str::to_owned).to_vec();
    assert_eq!(own, Needed { secrets, access: true, account: true });
}

const TEMPLATE: &str = r#"
provider = "Books"
display_name = "Books"
description = "Books."
integration_type = "Accounting"
documentation_url = "https://books.example/docs"
supported_features = []
allowed_hosts = ["books.example"]
configuration_fields = []

[[secret_fields]]
key = "ClientSecret"
display_name = "Client secret"
description = "Of the app."
required = true

[[secret_fields]]
key = "WebhookKey"
display_name = "Webhook key"
description = "Signs webhooks."
required = false

[[secret_fields]]
key = "RevocationKey"
display_name = "Revocation key"
description = "Says goodbye."
required = false

[authentication]
method = "oauth2_authorization_code"
client_id = "kontor"
client_secret = "{{secrets.ClientSecret}}"
authorization_url = "https://books.example/authorize"
token_url = "https://books.example/token"
scopes = []
account_parameters = { realmId = "realm" }

[webhook]
header = "x-signature"
algorithm = "sha256"
encoding = "hex"
payload = "{{request.body}}"
secret = "{{secrets.WebhookKey}}"
"#;
