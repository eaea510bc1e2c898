//! The contact sheet of `sidecard preview`: every card in a frame, at the widths of a sidebar.

use maud::{DOCTYPE, Markup, html};

use super::assets;

/// The widths that helpdesks give a sidebar.
const WIDTHS: [u32; 3] = [280, 360, 480];

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
                        @for width in WIDTHS {
                            figure {
                                iframe src={ (name) ".html" } width=(width) height="640" loading="lazy"
                                    title={ (title) ", " (width) " pixels wide" } {}
                                figcaption { (width) " px" }
                            }
                        }
                    }
                }
            }
        }
    }
}
