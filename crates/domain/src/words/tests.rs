//! What other tests ask of all states of a list.

/// Those of which it is so.
pub(crate) fn those<S: Copy>(all: &[S], is: impl Fn(S) -> bool) -> Vec<S> {
    all.iter().copied().filter(|it| is(*it)).collect()
}

/// Their words.
pub(crate) fn named<S: Copy + ToString>(all: &[S], is: impl Fn(S) -> bool) -> String {
    those(all, is).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
