//! Kontor: web.
