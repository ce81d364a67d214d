//! Kontor: vault.
