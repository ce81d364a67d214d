//! Random operations by several clients at once, random faults, random stops, random leaps of time; then quiet, and then
//! the invariants. A short run of fixed seeds is a test; `cargo xtask chaos` runs longer ones.
//!
//! The seed fixes what is done and tried, not who comes first: a run that fails prints its seed and its steps.

mod client;
mod dice;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use super::{asked, world::World};
use crate::support::{Engine, judge::Books, on_both};

use client::{Client, Kept};
use dice::Dice;

/// How many clients at once.
const CLIENTS: u64 = 4;
/// The seconds of a short run on one engine, and its seed.
const SECONDS: u64 = 12;
const SEED: u64 = 20_260_115;
/// How many of the last steps are shown.
const SHOWN: usize = 150;

/// What was done, for whoever has to find out why it went wrong.
#[derive(Clone, Default)]
struct Steps(Arc<Mutex<Vec<String>>>);

impl Steps {
    fn add(&self, step: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }

    fn last(&self) -> String {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = steps.len().saturating_sub(SHOWN);
        steps.get(from..).unwrap_or_default().join("\n")
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Shows the steps where a run ends by a panic.
struct Shown {
    seed: u64,
    steps: Steps,
}

impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}; the last steps:\n{}", self.seed, self.steps.last());
        }
    }
}

async fn nothing_is_lost_whatever_happens(engine: Engine) {
    let seed = asked("KONTOR_TEST_CHAOS_SEED", SEED);
    for round in 0..asked("KONTOR_TEST_CHAOS_ROUNDS", 1) {
        run(engine, seed + round, asked("KONTOR_TEST_CHAOS_SECONDS", SECONDS)).await;
    }
}

async fn run(engine: Engine, seed: u64, seconds: u64) {
    let steps = Steps::default();
    let _shown = Shown { seed, steps: steps.clone() };
    // Others do not wait for a sweep here: it comes often.
    let mut world = World::with(engine, 50).await;
    let (stop, kept) = (Arc::new(AtomicBool::new(false)), Kept::default());
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let dice = Dice::new(seed ^ (number + 1));
        let client = Client::new(&world, number, dice, steps.clone(), kept.clone()).await;
        clients.spawn(client.work(Arc::clone(&stop)));
    }
    let mut dice = Dice::new(seed);
    let begun = Instant::now();
    let mut killed = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        killed += usize::from(mischief(&mut world, &mut dice, &steps).await);
    }
    if killed == 0 {
        // On a slow machine the dice come to it too seldom.
        killed += 1;
        steps.add("! killed by a signal".to_owned());
        world.restart().await;
    }
    stop.store(true, Ordering::Relaxed);
    calm(&mut world).await;
    while let Some(done) = clients.join_next().await {
        done.expect("a client that ended well");
    }
    calm(&mut world).await;
    world.settle(&format!("seed {seed}")).await;
    let books = Books::read(&world.admin, &world.program.simulated["simulators"]).await;
    kept.are_in(&books);
    world.check_house().await;
    println!(
        "{engine:?}, seed {seed}: {} steps, {killed} stops, {} payments",
        steps.count(),
        books.payments.len()
    );
    assert!(killed > 0 && books.payments.len() > 5, "nothing happened");
}

/// No fault, no armed point, and a server that runs.
async fn calm(world: &mut World) {
    world.disarm();
    world.clear_faults().await;
    if world.is_gone().await {
        world.restart().await;
    }
}

/// One bad thing. Whether the server was stopped by it.
async fn mischief(world: &mut World, dice: &mut Dice, steps: &Steps) -> bool {
    match dice.below(10) {
        0..=3 => {
            let names = kontor_store::crash::names();
            let point = dice.of(&names).clone();
            let nth = 1 + dice.below(3);
            steps.add(format!("! armed: {point}, pass {nth}"));
            world.arm(&point, nth);
            // It may never be passed: somebody else's turn after a few sweeps.
            let _ = world.swept(16).await;
            world.disarm();
            let stopped = world.is_gone().await;
            if stopped {
                steps.add(format!("! stopped at {point}"));
                world.restart().await;
            }
            stopped
        }
        4 => {
            steps.add("! killed by a signal".to_owned());
            world.restart().await;
            true
        }
        5..=7 => {
            let provider = *dice.of(&["worldpay", "worldpay", "authorizeNet"]);
            let mut fault = dice.of(&super::matrix::faults()).1.clone();
            fault["operation"] = json!("*");
            fault["occurrence"] = json!(1 + dice.below(3));
            steps.add(format!("! fault at {provider}: {fault}"));
            // The shopper's browser meets some of them too.
            world.simulator(provider).post("/_sim/faults", &fault).await.expect(200);
            false
        }
        _ => {
            let seconds = *dice.of(&[60, 150, 400, 700, 25 * 3_600]);
            steps.add(format!("! {seconds} s pass"));
            // What a provider still works on is done before: it is not days late.
            world.clear_faults().await;
            if world.pass(seconds).await.is_err() {
                world.restart().await;
                return true;
            }
            false
        }
    }
}

on_both!(nothing_is_lost_whatever_happens);
