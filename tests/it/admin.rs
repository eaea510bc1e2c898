//! The admin pages, over real HTTP: no browser, so that every header and every field is sent by hand.

mod browser;
mod connecting;
mod damage;
mod handles;
mod login;
mod people;
mod settings;
mod shops;
mod timelines;
mod workspaces;
