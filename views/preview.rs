//! The contact sheets of `sidecard preview`: every card in a frame, light and dark; a sheet for each width of a sidebar.
//!
//! From files browsers load all frames at once, however far down they are: so a sheet has one width alone.

use maud::{DOCTYPE, Markup, html};

use super::assets;

/// A sheet's file name without `.html`, and its width: those that helpdesks give a sidebar.
pub const SHEETS: [(&str, u32); 3] = [("index", 360), ("narrow", 280), ("wide", 480)];
/// A page in a frame takes its colours from the frame's scheme.
const SCHEMES: [&str; 2] = ["light", "dark"];

/// A sheet of this width. `cards`: (file name without `.html`, what it shows).
pub fn sheet(cards: &[(&str, &str)], width: u32) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Sidecard: all cards, " (width) " pixels wide" }
                (assets::preview_style())
            }
            body {
                h1 { "All cards" }
                nav aria-label="Widths" {
                    @for (file, other) in SHEETS {
                        a href={ (file) ".html" } aria-current=[(other == width).then_some("page")] { (other) " px" } " "
                    }
                }
                nav aria-label="Cards" { ol { @for (name, title) in cards { li { a href={ "#" (name) } { (title) } } } } }
                @for (name, title) in cards {
                    section id=(name) {
                        h2 { a href={ (name) ".html" } { (title) } }
                        @for scheme in SCHEMES {
                            iframe class=(scheme) src={ (name) ".html" } width=(width) height="640" loading="lazy"
                                title={ (title) ", " (scheme) } {}
                        }
                    }
                }
            }
        }
    }
}
