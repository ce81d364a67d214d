use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::*;

struct Standing(AtomicI64);

impl kontor_domain::ambient::Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).expect("a moment")
    }
}

struct Zero;

impl kontor_domain::ambient::Entropy for Zero {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn limit(per_minute: u32) -> (Limit, Arc<Standing>) {
    let clock = Arc::new(Standing(AtomicI64::new(1_000_000)));
    let ambient = Ambient::new(Arc::clone(&clock) as Arc<_>, Arc::new(Zero));
    (Limit::new(NonZeroU32::new(per_minute).expect("not zero"), &ambient), clock)
}

#[test]
fn ten_a_minute_are_ten_and_each_caller_has_its_own() {
    let (limit, clock) = limit(10);
    for _ in 0..10 {
        assert!(limit.take("a").is_ok());
    }
    let problem = limit.take("a").expect_err("too many");
    assert_eq!(problem.status().as_u16(), 429);
    assert_eq!(problem.headers().get("retry-after").and_then(|it| it.to_str().ok()), Some("6"));
    assert_eq!(
        problem.headers().get(RATE_LIMIT).and_then(|it| it.to_str().ok()),
        Some("\"default\";r=0;t=6")
    );
    assert_eq!(problem.headers().get(POLICY).and_then(|it| it.to_str().ok()), Some("\"default\";q=10;w=60"));
    assert!(limit.take("b").is_ok());
    clock.0.fetch_add(6, Ordering::Relaxed);
    assert!(limit.take("a").is_ok());
    assert!(limit.take("a").is_err());
}

#[test]
fn a_flood_of_callers_does_not_fill_the_memory() {
    let (limit, _) = limit(1);
    for caller in 0..MAX_CALLERS {
        assert!(limit.take(&caller.to_string()).is_ok(), "{caller}");
    }
    assert!(limit.take("one more").is_ok(), "the shared allowance");
    assert!(limit.take("and another").is_err(), "is shared");
    assert!(limit.limiter.len() <= MAX_CALLERS + 1);
}

#[test]
fn a_neighbourhood_is_one_caller() {
    let of = |text: &str| neighbourhood(Some(text.parse().expect("an address")));
    assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
}
