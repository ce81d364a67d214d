//! Kontor: store.
