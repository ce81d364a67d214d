use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use kontor_domain::{Clock, ambient::Entropy};

use super::*;

pub(in crate::books) struct Hand(AtomicI64);

impl Hand {
    pub(in crate::books) fn pass(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(in crate::books) fn milliseconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

pub(in crate::books) const LIMITS: Limits =
    Limits { calls_per_minute: 500, batches_per_minute: 40, calls_per_second: 10, concurrent: 10 };

pub(in crate::books) struct World {
    pub(in crate::books) clock: Arc<Hand>,
    pub(in crate::books) pace: Arc<BooksPace>,
}

impl World {
    pub(in crate::books) fn new() -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(1_700_000_000_000)));
        let ambient = Ambient::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Zeros));
        Self { clock, pace: Arc::new(BooksPace::new(ambient)) }
    }

    fn pass(&self, milliseconds: i64) {
        self.clock.pass(milliseconds);
    }

    pub(in crate::books) async fn enter(&self, company: &str, errand: Errand) -> Result<Pass, u64> {
        self.pace.gate(company, LIMITS).enter(errand).await.map_err(|it| it.seconds())
    }
}

#[tokio::test]
async fn no_minute_ever_has_more_than_its_calls() {
    let world = World::new();
    let mut made: Vec<i64> = Vec::new();
    // Three minutes of somebody who asks every 20 ms, after a quiet one.
    for _ in 0..9_000 {
        if world.enter("a", Errand::Write).await.is_ok() {
            made.push(world.clock.milliseconds());
        }
        world.pass(20);
    }
    for (window, most) in [(60_000, 500), (1_000, 10)] {
        let worst =
            made.iter().map(|from| made.iter().filter(|it| (*from..from + window).contains(*it)).count());
        assert_eq!(worst.max(), Some(most), "{window}");
    }
    // Of three times 500 at least nine in ten.
    assert!(made.len() >= 1_350, "{}", made.len());
}

#[tokio::test]
async fn batches_have_a_limit_of_their_own_and_are_calls_too() {
    let world = World::new();
    for _ in 0..40 {
        assert!(world.enter("a", Errand::Batch).await.is_ok());
        world.pass(200);
    }
    // The first was eight seconds ago.
    assert_eq!(world.enter("a", Errand::Batch).await.err(), Some(53));
    assert!(world.enter("a", Errand::Read).await.is_ok());
    assert_eq!(world.pace.room("a", Errand::Batch, &LIMITS), 0);
    assert_eq!(world.pace.room("a", Errand::Read, &LIMITS), 459);
    assert_eq!(world.pace.room("b", Errand::Batch, &LIMITS), 40);
    world.pass(53_000);
    assert!(world.enter("a", Errand::Batch).await.is_ok());
}

#[tokio::test]
async fn ten_are_under_way_at_the_most_and_each_company_has_its_own_ten() {
    let world = World::new();
    let mut passes = Vec::new();
    for _ in 0..10 {
        passes.push(world.enter("a", Errand::Read).await.expect("room"));
        world.pass(1_000);
    }
    world.pass(60_000);
    assert_eq!(world.enter("a", Errand::Read).await.err(), Some(1));
    assert!(world.enter("b", Errand::Read).await.is_ok());
    passes.pop();
    assert!(world.enter("a", Errand::Read).await.is_ok());
}

#[tokio::test]
async fn the_books_own_word_closes_the_gate() {
    let world = World::new();
    let gate = world.pace.gate("a", LIMITS);
    gate.hold(Duration::from_mins(1));
    gate.hold(Duration::from_secs(5));
    assert_eq!(world.enter("a", Errand::Read).await.err(), Some(60));
    assert_eq!(world.pace.room("a", Errand::Read, &LIMITS), 0);
    assert!(world.enter("b", Errand::Read).await.is_ok());
    world.pass(60_000);
    assert!(world.enter("a", Errand::Read).await.is_ok());
    gate.hold(Duration::from_secs(999_999));
    assert_eq!(world.enter("a", Errand::Read).await.err(), Some(3_600));
}

#[tokio::test]
async fn a_clock_that_was_set_back_locks_nobody_out_for_long() {
    let world = World::new();
    for _ in 0..500 {
        assert!(world.enter("a", Errand::Read).await.is_ok());
        world.pass(120);
    }
    world.pass(-3_600_000);
    assert_eq!(world.enter("a", Errand::Read).await.err(), Some(61));
    world.pass(61_000);
    assert!(world.enter("a", Errand::Read).await.is_ok());
}

#[tokio::test]
async fn idle_companies_are_forgotten_when_there_are_too_many() {
    let world = World::new();
    for at in 0..MAX_COMPANIES {
        world
            .pace
            .companies()
            .insert(at.to_string(), Company { closed_until: i128::MAX, ..Company::default() });
    }
    assert_eq!(world.enter("new", Errand::Read).await.err(), Some(1));
    world.pace.companies().get_mut("7").expect("a company").closed_until = 0;
    assert!(world.enter("new", Errand::Read).await.is_ok());
    assert_eq!(world.pace.companies().len(), MAX_COMPANIES);
}

#[tokio::test]
async fn it_is_told_to_the_nanosecond_when_the_next_call_may_be_made() {
    let world = World::new();
    let gate = world.pace.gate("a", LIMITS);
    assert_eq!(gate.free_in(Errand::Batch), Duration::ZERO);
    let mut passes = Vec::new();
    for _ in 0..10 {
        passes.push(gate.pass(Errand::Read).expect("room"));
        world.pass(7);
    }
    // The first has to be over for a second and some.
    assert_eq!(gate.free_in(Errand::Read), Duration::from_millis(1_100 - 70));
    let held = gate.pass(Errand::Read).err().expect("no room");
    assert_eq!((held.wait, held.seconds()), (Duration::from_millis(1_100 - 70), 2));
    world.pass(1_029);
    assert_eq!(gate.free_in(Errand::Read), Duration::from_millis(1));
    world.pass(1);
    // Now nothing but the ten that are under way stands in the way.
    assert!(gate.free_in(Errand::Read) > Duration::ZERO && gate.pass(Errand::Read).is_err());
    passes.pop();
    assert_eq!(gate.free_in(Errand::Read), Duration::ZERO);
    assert!(gate.pass(Errand::Read).is_ok());
}

#[tokio::test]
async fn whoever_works_in_the_background_leaves_room_and_takes_nine_tenths() {
    let world = World::new();
    let work = world.pace.gate("a", LIMITS.in_the_background());
    let (mut made, mut others) = (0, 0);
    // Two minutes of somebody who works as fast as they may, and of a person who asks every three seconds.
    for at in 0..12_000 {
        made += u64::from(work.pass(Errand::Write).is_ok());
        if at % 300 == 299 {
            assert!(world.enter("a", Errand::Read).await.is_ok(), "{at}");
            others += 1;
        }
        world.pass(10);
    }
    assert!(made >= 900 && others == 40, "{made} and {others}");
}
