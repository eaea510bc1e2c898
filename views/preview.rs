//! The contact sheet of `sidecard preview`: every card in a frame, at the widths of a sidebar, light and dark.

use maud::{DOCTYPE, Markup, html};

use super::assets;

/// The widths that helpdesks give a sidebar.
const WIDTHS: [u32; 3] = [280, 360, 480];
/// A page in a frame takes its colours from the frame's scheme.
const SCHEMES: [&str; 2] = ["light", "dark"];

/// An index of cards: (file name without `.html`, what it shows).
pub fn index(cards: &[(&str, &str)]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Sidecard: all cards" }
                (assets::preview_style())
            }
            body {
                h1 { "All cards" }
                nav { ol { @for (name, title) in cards { li { a href={ "#" (name) } { (title) } } } } }
                @for (name, title) in cards {
                    section id=(name) {
                        h2 { a href={ (name) ".html" } { (title) } }
                        @for scheme in SCHEMES {
                            div class=(scheme) {
                                @for width in WIDTHS {
                                    figure {
                                        iframe src={ (name) ".html" } width=(width) height="640" loading="lazy"
                                            title={ (title) ", " (width) " pixels wide, " (scheme) } {}
                                        figcaption { (width) " px, " (scheme) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
