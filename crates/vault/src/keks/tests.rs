use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use tempfile::tempdir;

use super::*;
use crate::LocalKek;

struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

/// The keys in these files, as many as there are.
struct Files(Vec<PathBuf>, Arc<AtomicUsize>);

#[async_trait]
impl Source for Files {
    async fn open(&self) -> Vec<Arc<dyn Kek>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let load = |path: &PathBuf| LocalKek::load(path).ok().map(|kek| Arc::new(kek) as Arc<dyn Kek>);
        self.0.iter().filter_map(load).collect()
    }
}

fn made(path: &Path, seed: u8) -> String {
    LocalKek::create(path, &Seeded(seed)).expect("a key").fingerprint()
}

#[tokio::test]
async fn a_key_that_comes_later_is_found_when_it_is_asked_for() {
    let folder = tempdir().expect("a folder");
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let looked = Arc::new(AtomicUsize::new(0));
    let source = Files(vec![one.clone(), two.clone()], Arc::clone(&looked));
    let keks = Keks::new(Box::new(source), Destroyed::at(folder.path().join("destroyed")));
    let first = made(&one, 1);
    assert_eq!(keks.get(&first).await.map(|it| it.fingerprint()).expect("found"), first);
    keks.get(&first).await.expect("held");
    assert_eq!(looked.load(Ordering::Relaxed), 1, "what is held is not looked for");
    let missing = keks.get("local-0").await.err().expect("nowhere");
    assert!(missing.to_string().contains("vault.next"), "it says what to do: {missing}");
    let second = made(&two, 2);
    assert!(keks.get(&second).await.is_ok());
    assert_eq!(keks.fingerprints().len(), 2);
}

#[tokio::test]
async fn nothing_of_a_destroyed_organization_is_unwrapped_or_wrapped() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("one");
    let fingerprint = made(&path, 1);
    let source = Files(vec![path], Arc::default());
    let keks = Keks::new(Box::new(source), Destroyed::at(folder.path().join("destroyed")));
    let dek = Dek::generate(1, &Seeded(3));
    let wrapped = keks.wrap(&fingerprint, "org_1", &dek, &Seeded(4)).await.expect("wrapped");
    let other = keks.wrap(&fingerprint, "org_2", &dek, &Seeded(4)).await.expect("wrapped");
    keks.unwrap(&fingerprint, "org_1", 1, &wrapped).await.map(|it| it.id()).expect("unwrapped");
    keks.destroyed().add("org_1").expect("added");
    let refused = keks.unwrap(&fingerprint, "org_1", 1, &wrapped).await.err();
    assert!(matches!(refused, Some(KekError::Destroyed(it)) if it == "org_1"));
    assert!(keks.wrap(&fingerprint, "org_1", &dek, &Seeded(4)).await.is_err());
    assert!(keks.unwrap(&fingerprint, "org_2", 1, &other).await.is_ok(), "another one's are left alone");
}
