//! Kontor's books and a simulated company's, kept in step by the program itself.

mod company;
mod convergence;
mod inward;
mod limits;
mod out;
mod pair;
mod rows;
mod shop;
#[cfg(feature = "crash-points")]
mod stops;

pub(crate) use company::Company;

/// An amount as the books write it, in cents.
fn cents(it: &serde_json::Value) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "small sums")]
    let minor = (it.as_f64().expect("an amount") * 100.0).round() as i64;
    minor
}
