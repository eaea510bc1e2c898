//! The live card's page in Kustomer: it holds no data. Its script asks for the card, and shows it.

use maud::{Markup, html};

use super::page::document;
use super::{assets, text};

/// What the page's script has to know.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a> {
    /// Where the Cards SDK is.
    pub sdk: &'a str,
    /// The command that brings the card, as it is called in the org.
    pub command: &'a str,
    /// What the command sends as its `Authorization`; Kustomer puts the secret in.
    pub authorization: &'a str,
}

/// The page.
pub fn page(live: &Live<'_>) -> Markup {
    document(html! {
        div id="card" data-command=(live.command) data-authorization=(live.authorization) aria-live="polite" {
            (state("waiting", text::kustomer::WAITING, false))
        }
        template id="waiting" { (state("waiting", text::kustomer::WAITING, false)) }
        template id="failed" { (state("failed", text::kustomer::FAILED, true)) }
        template id="refused" { (state("refused", text::kustomer::REFUSED, true)) }
        template id="nobody" { (state("nobody", text::kustomer::NOBODY, false)) }
        script src=(live.sdk) {}
        // The digest makes a new address of a new script: it may be kept for ever.
        script src={ "card.js?v=" (assets::live_script_mark()) } {}
    })
}

fn state(name: &str, (title, hint): (&str, &str), again: bool) -> Markup {
    html! {
        main data-state=(name) {
            div.state {
                h1 { (title) }
                p { (hint) }
                @if again { button.again type="button" { (text::kustomer::AGAIN) } }
            }
        }
    }
}
