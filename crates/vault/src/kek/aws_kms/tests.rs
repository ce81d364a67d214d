use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_kms::config::Credentials;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::Dek;

struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

const REGION: &str = "eu-north-1";

/// The service that `cargo xtask kms` starts.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the real parts are")]
fn service() -> String {
    std::env::var("KONTOR_TEST_KMS_URL").expect("KONTOR_TEST_KMS_URL is not set: run `cargo xtask kms`")
}

fn place(key: &str, endpoint: &str, timeout_ms: u64) -> Place {
    let timeout = Duration::from_millis(timeout_ms);
    Place { key: key.to_owned(), region: REGION.to_owned(), endpoint: Some(endpoint.to_owned()), timeout }
}

async fn open(key: &str) -> Result<AwsKmsKek, KekError> {
    AwsKmsKek::open(place(key, &service(), 10_000)).await
}

/// Whoever administers the service.
fn administrator() -> Client {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(service());
    Client::from_conf(config.build())
}

async fn made(client: &Client) -> String {
    // The service fills these in by itself; what stands for it does not.
    let made =
        client.create_key().key_usage(KeyUsageType::EncryptDecrypt).key_spec(KeySpec::SymmetricDefault);
    let made = made.send().await.expect("made");
    made.key_metadata().expect("facts").key_id().to_owned()
}

fn failed<T>(result: Result<T, KekError>) -> KekError {
    result.err().expect("it should be refused")
}

#[tokio::test]
async fn a_key_in_the_service_wraps_for_its_owner_alone() {
    let client = administrator();
    let key = made(&client).await;
    let alias = format!("alias/{key}");
    client.create_alias().alias_name(&alias).target_key_id(&key).send().await.expect("an alias");
    let (one, again) = (open(&key).await.expect("opened"), open(&alias).await.expect("opened"));
    let other = open(&made(&client).await).await.expect("opened");
    assert_eq!(one.fingerprint(), again.fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert!(one.fingerprint().starts_with("aws-kms-") && one.fingerprint().len() == 40);
    let dek = Dek::generate(3, &Seeded(9));
    let wrapped = dek.wrap(&one, "org_1", &Seeded(4)).await.expect("wrapped");
    assert!(wrapped.starts_with(b"KM1") && !wrapped.windows(32).any(|it| it == dek.expose()));
    let back = Dek::unwrap(&again, "org_1", 3, &wrapped).await.expect("unwrapped");
    assert_eq!(back.expose(), dek.expose());
    for (organization, id) in [("org_2", 3), ("org_1", 4), ("", 3)] {
        let error = failed(Dek::unwrap(&one, organization, id, &wrapped).await);
        assert!(matches!(error, KekError::DoesNotUnwrap), "{organization} {id}: {error}");
    }
    assert!(Dek::unwrap(&other, "org_1", 3, &wrapped).await.is_err(), "another key");
    for at in (0..wrapped.len()).step_by(5) {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        assert!(Dek::unwrap(&one, "org_1", 3, &changed).await.is_err(), "byte {at}");
        assert!(Dek::unwrap(&one, "org_1", 3, &wrapped[..at]).await.is_err(), "the first {at} bytes");
    }
    let long = [MAGIC.as_slice(), &[0; LONGEST + 1]].concat();
    assert!(matches!(failed(Dek::unwrap(&one, "org_1", 3, &long).await), KekError::DoesNotUnwrap));
}

#[tokio::test]
async fn a_key_that_does_not_serve_is_refused_at_the_start() {
    let client = administrator();
    let key = made(&client).await;
    client.disable_key().key_id(&key).send().await.expect("disabled");
    let error = failed(open(&key).await);
    assert!(error.is_outage() && error.to_string().contains("not enabled but Disabled"), "{error}");
    client.enable_key().key_id(&key).send().await.expect("enabled");
    open(&key).await.map(|it| it.fingerprint()).expect("enabled again");
    client.schedule_key_deletion().key_id(&key).send().await.expect("scheduled");
    assert!(failed(open(&key).await).to_string().contains("PendingDeletion"));
    let signs = client.create_key().key_usage(KeyUsageType::SignVerify).key_spec(KeySpec::Rsa2048);
    let signs = signs.send().await.expect("made").key_metadata().expect("facts").key_id().to_owned();
    assert!(failed(open(&signs).await).to_string().contains("none that encrypts symmetrically"));
    let nowhere = failed(open("11111111-2222-3333-4444-555555555555").await);
    assert!(nowhere.to_string().contains("NotFoundException"), "{nowhere}");
}

#[test]
fn a_replicated_key_has_one_name_in_all_regions() {
    let name = |region: &str, id: &str| fingerprint(&format!("arn:aws:kms:{region}:1:key/{id}"));
    assert_eq!(name("eu-north-1", "mrk-7"), name("eu-west-1", "mrk-7"));
    assert_ne!(name("eu-north-1", "mrk-7"), name("eu-north-1", "mrk-8"));
    assert_ne!(name("eu-north-1", "7"), name("eu-west-1", "7"));
}

/// Stands for the service and does what it is told to with each decryption.
struct Fake {
    url: String,
    decryptions: Arc<AtomicUsize>,
}

const ARN: &str = "arn:aws:kms:eu-north-1:1:key/7";

impl Fake {
    /// `answer` is given the number of the decryption, from 0; none says nothing.
    async fn start(answer: impl Fn(usize) -> Option<(u16, String)> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (decryptions, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        let counted = Arc::clone(&decryptions);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (answer, counted) = (Arc::clone(&answer), Arc::clone(&counted));
                tokio::spawn(async move { serve(socket, &*answer, &counted).await });
            }
        });
        Self { url, decryptions }
    }
}

async fn serve(
    mut socket: TcpStream,
    answer: &(impl Fn(usize) -> Option<(u16, String)> + Sync),
    decryptions: &AtomicUsize,
) {
    let mut request = String::new();
    while !whole(&request) {
        let mut buffer = [0; 8_192];
        match socket.read(&mut buffer).await {
            Ok(length) if length > 0 => request += &String::from_utf8_lossy(&buffer[..length]),
            _ => return,
        }
    }
    let bound = request.contains("\"kontor:organization\":\"") && request.contains("\"kontor:dek\":\"");
    let (status, body) = if request.contains("TrentService.DescribeKey") {
        let facts = "\"Enabled\":true,\"KeyUsage\":\"ENCRYPT_DECRYPT\",\"KeyState\":\"Enabled\"";
        let kind = "\"KeySpec\":\"SYMMETRIC_DEFAULT\"";
        (200, format!("{{\"KeyMetadata\":{{\"Arn\":\"{ARN}\",\"KeyId\":\"7\",{facts},{kind}}}}}"))
    } else if !bound {
        (400, "{\"__type\":\"TestFailed\",\"message\":\"no context\"}".to_owned())
    } else if request.contains("TrentService.Encrypt") {
        (200, format!("{{\"CiphertextBlob\":\"c2VhbGVk\",\"KeyId\":\"{ARN}\"}}"))
    } else {
        match answer(decryptions.fetch_add(1, Ordering::Relaxed)) {
            Some(answer) => answer,
            // Held open and never answered.
            None => return std::future::pending().await,
        }
    };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\n");
    let answer = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let _gone = socket.write_all(answer.as_bytes()).await;
}

fn whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|it| it.lines().next()?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// The trial at the start is answered well, everything after it as the test wants.
fn after_the_trial(
    answer: Option<(u16, &str)>,
) -> impl Fn(usize) -> Option<(u16, String)> + Send + Sync + use<> {
    let answer = answer.map(|(status, body)| (status, body.to_owned()));
    move |at| if at == 0 { Some((200, plain(32, ARN))) } else { answer.clone() }
}

fn plain(length: usize, arn: &str) -> String {
    let bytes = data_encoding::BASE64.encode(&vec![0; length]);
    format!("{{\"Plaintext\":\"{bytes}\",\"KeyId\":\"{arn}\"}}")
}

async fn unwrapped(answer: Option<(u16, &str)>, tries: usize) -> Result<(), KekError> {
    let fake = Fake::start(after_the_trial(answer)).await;
    let kek = AwsKmsKek::open(place("7", &fake.url, 300)).await.expect("opened");
    let wrapped = [MAGIC.as_slice(), b"sealed"].concat();
    let result = Dek::unwrap(&kek, "org_1", 1, &wrapped).await.map(|_| ());
    assert_eq!(fake.decryptions.load(Ordering::Relaxed), 1 + tries, "{:?}", result.err());
    result
}

#[tokio::test]
async fn what_passes_is_an_outage_and_is_tried_a_few_times_at_most() {
    let said = |code: &str| format!("{{\"__type\":\"{code}\",\"message\":\"some words\"}}");
    unwrapped(Some((200, &plain(32, ARN))), 1).await.expect("answered well");
    for (code, tries) in [
        ("DisabledException", 1),
        ("KMSInvalidStateException", 1),
        ("AccessDeniedException", 1),
        ("ThrottlingException", 3),
    ] {
        let error = failed(unwrapped(Some((400, &said(code))), tries).await);
        assert!(error.is_outage() && error.to_string().contains(code), "{error}");
    }
    for (answer, tries) in [(Some((500, "oh")), 3), (None, 3), (Some((200, "<html>")), 1)] {
        let error = failed(unwrapped(answer, tries).await);
        assert!(error.is_outage() && !error.to_string().contains("sealed"), "{error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let error = failed(AwsKmsKek::open(place("7", &format!("http://{closed}"), 300)).await);
    assert!(error.is_outage(), "{error}");
}

#[tokio::test]
async fn bytes_that_are_not_the_keys_own_are_no_outage() {
    for code in NOT_ITS_OWN {
        let said = format!("{{\"__type\":\"{code}\",\"message\":\"\"}}");
        let error = failed(unwrapped(Some((400, &said)), 1).await);
        assert!(matches!(error, KekError::DoesNotUnwrap), "{error}");
    }
    for answer in [plain(31, ARN), plain(33, ARN), plain(32, "arn:aws:kms:eu-north-1:1:key/8")] {
        let error = failed(unwrapped(Some((200, &answer)), 1).await);
        assert!(matches!(error, KekError::DoesNotUnwrap), "{error}");
    }
}
