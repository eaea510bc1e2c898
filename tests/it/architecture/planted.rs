//! The test of the test: violations that must be caught, and code that must be let through.

use super::{Source, violations};

#[test]
fn planted_violations_are_caught() {
    let planted = [
        (
            "src/domain/money.rs",
            "use crate::lookup::Lookups;",
            "may not use `lookup`",
        ),
        (
            "src/domain/money.rs",
            "use crate::{domain::day, store::Store};",
            "may not use `store`",
        ),
        (
            "src/domain/money.rs",
            "use super::super::web::Doors;",
            "may not use `web`",
        ),
        (
            "views/card.rs",
            "fn f() { crate::store::Store::open(); }",
            "may not use `store`",
        ),
        (
            "views/card.rs",
            "fn f() { html! { (crate::web::x()) } }",
            "may not use `web`",
        ),
        (
            "src/provider/mod.rs",
            "use super::recharge::Recharge;",
            "may not use `recharge`",
        ),
        (
            "src/simulator/recharge/api.rs",
            "use crate::recharge::wire;",
            "may not use `recharge`",
        ),
        (
            "src/simulator/recharge/api.rs",
            "use super::super::super::domain::day;",
            "may not use `domain`",
        ),
        (
            "src/helpdesk/json.rs",
            "use actix_web::HttpRequest;",
            "`actix_web` is not",
        ),
        (
            "src/store/memory.rs",
            "fn f() { reqwest::get(\"x\"); }",
            "`reqwest` is not",
        ),
        ("src/lookup/find.rs", "use maud::html;", "`maud` is not"),
        (
            "src/lookup/find.rs",
            "use crate as sidecard;",
            "under another name",
        ),
        (
            "src/lookup/find.rs",
            "fn f() { chrono::Utc::now(); }",
            "`Utc::now` is not",
        ),
        (
            "views/format.rs",
            "use std::env; fn f() { env::var(\"TZ\"); }",
            "`std::env` is not",
        ),
        (
            "views/format.rs",
            "fn f() { std::time::Instant::now(); }",
            "`Instant::now` is not",
        ),
        (
            "views/card.rs",
            "use maud::PreEscaped;",
            "`PreEscaped` outside",
        ),
        ("src/web/utils.rs", "", "says nothing"),
        ("src/payments/mod.rs", "", "has no row"),
        (
            "src/web/ask.rs",
            &"\n".repeat(401),
            "two things in one room",
        ),
    ];
    for (path, text, expected) in planted {
        let found = violations(&Source::new(path, text));
        assert!(
            found.iter().any(|what| what.contains(expected)),
            "{path}: {text}\nfound: {found:?}"
        );
    }
    // And what is allowed, or is no code, is let through.
    for (path, text) in [
        (
            "src/lookup/find.rs",
            "use crate::domain::day; use super::flight; // use crate::web;",
        ),
        (
            "src/lookup/find.rs",
            "const X: &str = \"use crate::web; Utc::now()\";",
        ),
        (
            "src/lookup/find.rs",
            "#[cfg(test)] mod tests { use crate::simulator; fn f() { chrono::Utc::now(); } }",
        ),
        ("src/main.rs", "fn main() { sidecard::cli::run(); }"),
    ] {
        assert_eq!(
            violations(&Source::new(path, text)),
            Vec::<String>::new(),
            "{text}"
        );
    }
}
