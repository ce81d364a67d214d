use super::*;

fn key(organization: usize) -> Key {
    let id = format!("org_0192f0c1e4b87c3a9d5e6f70{organization:08x}");
    Key { organization: id.parse().expect("an id"), kind: None, enabled: None, form: Form::Numbers }
}

fn body(length: usize) -> Bytes {
    vec![b' '; length].into()
}

#[test]
fn a_list_is_sent_at_its_own_revision_alone() {
    let (lists, one) = (Lists::default(), key(1));
    lists.put(one, 7, Bytes::from_static(b"seven"));
    assert_eq!(lists.get(&one, 7).as_deref(), Some(&b"seven"[..]));
    assert!(lists.get(&one, 8).is_none() && lists.get(&one, 6).is_none());
    assert!(lists.get(&Key { form: Form::Names, ..one }, 7).is_none());
    assert!(lists.get(&Key { enabled: Some(true), ..one }, 7).is_none());
    assert!(lists.get(&key(2), 7).is_none(), "another organization");
    lists.put(one, 6, Bytes::from_static(b"late"));
    assert!(lists.get(&one, 7).is_some(), "a slow reader takes nothing away");
    lists.put(one, 8, Bytes::from_static(b"eight"));
    assert!(lists.get(&one, 7).is_none() && lists.get(&one, 8).is_some());
}

#[test]
fn no_more_is_kept_than_may_be() {
    let lists = Lists::default();
    let large = key(0);
    lists.put(large, 1, body(MAX_LIST + 1));
    assert!(lists.get(&large, 1).is_none());
    let keys: Vec<Key> = (1..=MAX_BYTES / MAX_LIST).map(key).collect();
    for it in &keys {
        lists.put(*it, 1, body(MAX_LIST));
    }
    assert!(keys.iter().all(|it| lists.get(it, 1).is_some()), "exactly as much as may be");
    assert!(lists.get(&keys[0], 1).is_some());
    lists.put(large, 1, body(1));
    let left: Vec<bool> = keys.iter().map(|it| lists.get(it, 1).is_some()).collect();
    assert!(
        !left[1] && left.iter().filter(|it| **it).count() == keys.len() - 1,
        "what was not asked for longest"
    );
    lists.put(large, 2, body(2));
    let inside = lists.0.lock().expect("not poisoned");
    let sum: usize = inside.lists.values().map(|it| it.body.len()).sum();
    assert_eq!(inside.bytes, sum);
}
