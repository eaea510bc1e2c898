//! The provider as a whole over real HTTP: what it asks for, and what it makes of the answers.

pub mod server;

mod finding;
mod inventory;
mod lists;
mod shop;
