use super::*;
use crate::books::pace::tests::{LIMITS, World};

/// A gate whose pauses pass on the clock of the test, as if `slow` milliseconds more went by each time.
fn patient(world: &World, most: Duration, taken: impl Fn() + Send + Sync + 'static) -> Patient {
    let clock = Arc::clone(&world.clock);
    let pause: Pause = Arc::new(move |it| {
        clock.pass(i64::try_from(it.as_millis()).expect("a while") + 1);
        taken();
        Box::pin(async {})
    });
    Patient { gate: world.pace.gate("a", LIMITS), most, pause }
}

#[tokio::test]
async fn whoever_is_held_back_for_a_while_waits_for_it() {
    let world = World::new();
    for _ in 0..10 {
        assert!(world.enter("a", Errand::Read).await.is_ok());
    }
    assert_eq!(world.enter("a", Errand::Read).await.err(), Some(2));
    let before = world.clock.milliseconds();
    let gate = patient(&world, Duration::from_secs(5), || {});
    assert!(gate.enter(Errand::Read).await.is_ok());
    assert_eq!(world.clock.milliseconds() - before, 1_101, "no longer than needed");
}

#[tokio::test]
async fn nobody_waits_longer_than_they_would() {
    let world = World::new();
    let gate = patient(&world, Duration::from_secs(5), || panic!("it would be in vain"));
    gate.hold(Duration::from_mins(1));
    assert_eq!(gate.enter(Errand::Read).await.err().map(|it| it.seconds()), Some(60));
    // Each time that the pause is over, somebody else was faster.
    let world = World::new();
    let (pace, pauses) = (Arc::clone(&world.pace), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let counted = Arc::clone(&pauses);
    let greedy = move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let gate = pace.gate("a", LIMITS);
        while let Ok(pass) = gate.pass(Errand::Read) {
            drop(pass);
        }
    };
    greedy();
    let gate = patient(&world, Duration::from_secs(5), greedy);
    assert!(gate.enter(Errand::Read).await.is_err());
    assert_eq!(pauses.load(std::sync::atomic::Ordering::SeqCst), 5, "the first is the test's own");
}
