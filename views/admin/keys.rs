//! The keys in use.

use maud::{Markup, html};

use super::parts::literals;
use super::shell::Shell;
use super::text::{self, records as words};

/// A key and what it sealed.
pub struct KeyLine {
    /// Its id; `None`: values that name no key.
    pub id: Option<String>,
    /// How many values.
    pub values: u64,
}

/// The page.
pub fn keys(shell: &Shell<'_>, lines: &[KeyLine]) -> Markup {
    shell.page(
        text::KEYS,
        html! {
            div.head { h1 { (text::KEYS) } p.soft { (words::KEYS_LEAD) } }
            div.table tabindex="0" role="region" aria-label=(text::KEYS) {
                table {
                    thead { tr { th scope="col" { (words::KEY) } th scope="col" { (words::VALUES) } } }
                    tbody {
                        @for line in lines {
                            tr { th scope="row" { @match &line.id { Some(id) => code { (id) }, None => (words::NO_KEY) } } td { (line.values) } }
                        }
                    }
                }
            }
            section.box aria-labelledby="rotate" {
                h2 id="rotate" { (words::ROTATE) }
                ol.steps { @for step in words::ROTATE_STEPS { li { (literals(step)) } } }
            }
        },
    )
}
