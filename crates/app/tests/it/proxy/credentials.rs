//! Each kind of credential is put in, and checked here by its own rules, written a second time.

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{SECRET, body, header};
use crate::support::{
    Engine, on_both,
    process::Demo,
    upstream::{Step, Upstream, answer, fine, integrate},
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Gives tokens to whoever asks at `/token`, and is content with everything else.
fn tokens(request: &str) -> Vec<Step> {
    if request.starts_with("POST /token") {
        let token = r#"{"access_token":"granted-51","token_type":"bearer","expires_in":3600}"#;
        return answer("200 OK", "content-type: application/json\r\n", token);
    }
    fine(request)
}

/// What arrives of a POST with that body.
async fn arrives(demo: &Demo, upstream: &Upstream, provider: &str, sent: &str) -> Vec<String> {
    let path = integrate(demo, provider, SECRET).await;
    let asked = format!("{path}/proxy/orders?page=2&q=a%20b");
    upstream.take();
    let passed = demo.admin.send("POST", &asked, &[FORM], Some(sent.to_owned())).await.expect(200);
    assert_eq!((passed.header("x-kontor-proxied"), passed.text.as_str()), ("true", "{\"ok\":true}"));
    let seen = upstream.take();
    let last = seen.last().expect("a request");
    assert!(last.starts_with("POST /v1/orders?page=2&q=a%20b"), "{provider}: {last}");
    assert_eq!(body(last), sent, "{provider}");
    seen
}

async fn each_kind_is_put_in(engine: Engine) {
    let upstream = Upstream::start(tokens).await;
    let key = "\"{{secrets.ApiKey}}\"";
    let at = upstream.address;
    upstream
        .describe("Headed", &format!("method = \"api_key_header\"\nheader = \"X-Shop-Key\"\nvalue = {key}"));
    upstream.describe("Paired", &format!("method = \"basic\"\nusername = \"shop\"\npassword = {key}"));
    upstream.describe("Borne", &format!("method = \"bearer\"\ntoken = {key}"));
    upstream.describe("Queried", &format!("method = \"query_parameter\"\nname = \"key\"\nvalue = {key}"));
    let client = format!(
        "method = \"oauth2_client_credentials\"\nclient_id = \"shop\"\nclient_secret = {key}\ntoken_url = \"http://{at}/token\""
    );
    upstream.describe("Granted", &client);
    let two = format!(
        "method = \"two_step_token\"\ntoken = \"/access_token\"\nheader = \"X-Session\"\nprefix = \"s-\"\n\
         [authentication.request]\nmethod = \"POST\"\nurl = \"http://{at}/token\"\n\
         json = {{ key = {key} }}"
    );
    upstream.describe("Stepped", &two);
    let demo = upstream.demo(engine, &[]);
    let one = async |provider: &str| arrives(&demo, &upstream, provider, "a=1").await.remove(0);

    assert_eq!(header(&one("Headed").await, "x-shop-key"), Some(SECRET));
    let pair = BASE64_STANDARD.encode(format!("shop:{SECRET}"));
    assert_eq!(header(&one("Paired").await, "authorization"), Some(format!("Basic {pair}").as_str()));
    assert_eq!(header(&one("Borne").await, "authorization"), Some(format!("Bearer {SECRET}").as_str()));
    let queried = one("Queried").await;
    assert!(queried.starts_with(&format!("POST /v1/orders?page=2&q=a%20b&key={SECRET} ")), "{queried}");
    assert_eq!(header(&queried, "authorization"), None, "the caller's own is nobody's here");

    for (provider, name, value) in
        [("Granted", "authorization", "Bearer granted-51"), ("Stepped", "x-session", "s-granted-51")]
    {
        let seen = arrives(&demo, &upstream, provider, "a=1").await;
        assert_eq!(seen.len(), 2, "{provider}: a token first");
        assert!(seen[0].starts_with("POST /token"), "{provider}: {}", seen[0]);
        assert_eq!(header(&seen[1], name), Some(value), "{provider}");
        assert!(!seen[1].contains(SECRET), "{provider}: what gets tokens stays out of other requests");
        assert_eq!(
            arrives(&demo, &upstream, provider, "a=1").await.len(),
            1,
            "{provider}: the token is kept"
        );
    }
    assert!(!demo.log().contains(SECRET) && !demo.log().contains("granted-51"), "a credential in the log");
}

fn mac(algorithm: hmac::Algorithm, key: &str, message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), message.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, it| format!("{text}{it:02x}"))
}

async fn each_signature_is_right_over_short_and_long_bodies(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    let signed = "method = \"hmac_signature\"\nsecret = \"{{secrets.ApiKey}}\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\n\
                  payload = \"{{request.method}} {{request.path}}?{{request.query}} {{request.body_sha256}}\"\nheader = \"X-Signature\"";
    upstream.describe("Signed", signed);
    let consumer = "method = \"oauth1\"\nconsumer_key = \"shop\"\nconsumer_secret = \"{{secrets.ApiKey}}\"\nsignature_method = \"HMAC-SHA1\"";
    upstream.describe("Consumed", consumer);
    let stated = "method = \"jwt_assertion\"\nalgorithm = \"HS256\"\nkey = \"{{secrets.ApiKey}}\"\nclaims = { iss = \"shop\" }";
    upstream.describe("Stated", stated);
    let demo = upstream.demo(engine, &[]);
    // The long one does not fit into what is kept of a body that only passes.
    for sent in ["a=1&b=x%20y".to_owned(), format!("a=1&b={}", "x".repeat(100_000))] {
        let seen = arrives(&demo, &upstream, "Signed", &sent).await.remove(0);
        let hash = digest::digest(&digest::SHA256, sent.as_bytes());
        let payload = format!("POST /v1/orders?page=2&q=a%20b {}", hex(hash.as_ref()));
        let wanted = hex(&mac(hmac::HMAC_SHA256, SECRET, &payload));
        assert_eq!(header(&seen, "x-signature"), Some(wanted.as_str()), "{} bytes", sent.len());

        let seen = arrives(&demo, &upstream, "Consumed", &sent).await.remove(0);
        consumed(header(&seen, "authorization").expect("a signature"), &sent, &upstream.address.to_string());
    }
    let seen = arrives(&demo, &upstream, "Stated", "a=1").await.remove(0);
    let token = header(&seen, "authorization").and_then(|it| it.strip_prefix("Bearer ")).expect("a token");
    let (statement, signature) = token.rsplit_once('.').expect("a signature");
    let wanted = BASE64_URL_SAFE_NO_PAD.encode(mac(hmac::HMAC_SHA256, SECRET, statement));
    assert_eq!(signature, wanted);
    let claims = statement.split('.').nth(1).expect("claims");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["iss"], "shop", "{claims}");
    assert!(!demo.log().contains(SECRET), "a credential in the log");
}

/// Checks an OAuth 1.0a signature of a form (RFC 5849 §3.4).
fn consumed(header: &str, form: &str, host: &str) {
    let escape = |text: &str| {
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
        text.bytes()
            .map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") })
            .collect::<String>()
    };
    let decode = |text: &str| {
        url::form_urlencoded::parse(format!("a={}", text.replace('+', "%2B")).as_bytes())
            .next()
            .expect("a pair")
            .1
            .into_owned()
    };
    let own = header.strip_prefix("OAuth ").expect("OAuth").split(", ").map(|it| {
        let (name, value) = it.split_once('=').expect("a pair");
        (name.to_owned(), decode(value.trim_matches('"')))
    });
    let (signature, own): (Vec<_>, Vec<_>) = own.partition(|(name, _)| name == "oauth_signature");
    let sent = url::form_urlencoded::parse(form.as_bytes()).into_owned();
    let query = [("page", "2"), ("q", "a b")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut pairs: Vec<_> = own
        .into_iter()
        .chain(sent)
        .chain(query)
        .map(|(name, value)| (escape(&name), escape(&value)))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let base = format!("POST&{}&{}", escape(&format!("http://{host}/v1/orders")), escape(&pairs.join("&")));
    let key = format!("{}&", escape(SECRET));
    let wanted = BASE64_STANDARD.encode(mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key, &base));
    assert_eq!(signature, [("oauth_signature".to_owned(), wanted)], "{} bytes", form.len());
}

on_both!(each_kind_is_put_in, each_signature_is_right_over_short_and_long_bodies);
