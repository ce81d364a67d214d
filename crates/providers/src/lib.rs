//! Kontor: providers.
