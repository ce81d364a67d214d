//! Kontor: simulators.
