//! Kontor: engine.
