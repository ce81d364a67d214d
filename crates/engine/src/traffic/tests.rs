use std::time::Duration;

use super::{LONGEST, Traffic};

const WORKED: Duration = Duration::from_millis(10);

/// How long the rest is after so long a stretch, in which so many requests came or were answered.
fn rest(traffic: &Traffic, worked: Duration, moves: usize) -> Duration {
    let stretch = traffic.stretch();
    (0..moves).for_each(|_| traffic.moves());
    stretch.due(worked)
}

#[test]
fn nobody_comes_and_nothing_rests() {
    let traffic = Traffic::default();
    // Whoever came before has been served.
    traffic.moves();
    let _one = traffic.work();
    assert_eq!(rest(&traffic, LONGEST, 0), Duration::ZERO);
}

#[test]
fn where_somebody_is_served_four_fifths_of_the_time_are_theirs() {
    let traffic = Traffic::default();
    let _one = traffic.work();
    assert_eq!(rest(&traffic, WORKED, 1), WORKED * 4);
    assert_eq!(rest(&traffic, WORKED, 100), WORKED * 4);
}

#[test]
fn so_many_side_by_side_take_no_more_room_than_one() {
    let traffic = Traffic::default();
    let one = traffic.work();
    let others = [traffic.work(), traffic.work()];
    assert_eq!(rest(&traffic, WORKED, 1), WORKED * 12);
    drop(others);
    assert_eq!(rest(&traffic, WORKED, 1), WORKED * 4);
    drop(one);
    assert_eq!(rest(&traffic, WORKED, 1), WORKED * 4);
}

#[test]
fn no_rest_is_longer_than_the_longest() {
    let traffic = Traffic::default();
    let below = LONGEST.mul_f64(0.249);
    assert_eq!(rest(&traffic, below, 1), below * 4);
    assert_eq!(rest(&traffic, LONGEST, 1), LONGEST);
    assert_eq!(rest(&traffic, Duration::MAX, 1), LONGEST);
}

#[tokio::test]
async fn who_rests_has_rested() {
    let traffic = Traffic::default();
    let stretch = traffic.stretch();
    let begun = std::time::Instant::now();
    std::hint::black_box(vec![0_u8; 1_000_000]);
    traffic.moves();
    let worked = begun.elapsed();
    stretch.rest().await;
    assert!(begun.elapsed() >= worked * 5, "worked {worked:?}, and {:?} with the rest", begun.elapsed());
}
