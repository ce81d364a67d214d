//! Kontor from the outside: the real program, on both engines, against the simulators.

mod api;
mod browser;
mod commands;
mod crash;
mod hosted;
mod support;
mod tenancy;
mod tidy;
