//! What only a browser shows: scripts, frames, policies. Where there is no Chromium, each test is named as skipped.

mod chromium;
mod desk;
mod frame;
mod gate;
mod hand;
mod kustomer;
mod page;

use chromium::Browser;
