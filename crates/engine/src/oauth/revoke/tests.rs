use super::*;

#[test]
fn a_bundle_has_the_token_and_the_clients_secrets_alone() {
    let token = Secret::new("R\"1".to_owned());
    let secrets = BTreeMap::from([("ClientSecret".to_owned(), Secret::new("s".to_owned()))]);
    let (read, kept) = unbundle(&bundle(&token, &secrets)).expect("what was bundled");
    assert_eq!(read.expose(), "R\"1");
    assert_eq!(kept.get("ClientSecret").map(Secret::expose), Some("s"));
    assert!(unbundle(&Secret::new("nothing".to_owned())).is_none());
    assert!(unbundle(&Secret::new("{\"token\":1,\"secrets\":{}}".to_owned())).is_none());
}

#[test]
fn only_secrets_that_the_client_is_made_of_are_kept() {
    let text = r#"
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

[authentication]
method = "oauth2_authorization_code"
client_id = "kontor"
client_secret = "{{secrets.ClientSecret}}"
authorization_url = "https://books.example/authorize"
token_url = "https://books.example/token"
scopes = []

[webhook]
header = "x-signature"
algorithm = "sha256"
encoding = "hex"
payload = "{{request.body}}"
secret = "{{secrets.WebhookKey}}"
"#;
    let template = Template::parse(text).expect("a template");
    assert_eq!(client_secrets(&template), ["ClientSecret"]);
}
