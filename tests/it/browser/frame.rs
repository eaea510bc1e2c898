//! The page with the card: by keyboard, while things change, and when its session ends.

use serde_json::{Value, json};
use sidecard::app::Change;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;

use super::Browser;
use super::page::Page;
use crate::embed::{DANA, Desk, KIM, TICKET};

const SIZE: (u32, u32) = (360, 500);
pub const SAID: &str = "document.querySelector('.said').textContent";
/// Kim's active subscription.
const KIMS: &str = "585000001";

/// The customer's page, open.
pub async fn opened(browser: &Browser, desk: &Desk, email: &str) -> Page {
    let page = browser.blank(SIZE, false).await;
    page.guard().await;
    let address = desk.address_of(&desk.here, &[("email", email), DANA, TICKET]);
    page.go(&address).await;
    page
}

pub fn shows(text: &str) -> String {
    format!("document.querySelector('main').innerText.includes({text:?})")
}

/// Recharge has so many of it; the page is told.
fn change(desk: &Desk, quantity: u64) {
    let path = format!("/subscriptions/{KIMS}");
    let (status, _) = desk
        .recharge
        .act("PUT", &path, json!({ "quantity": quantity }));
    assert_eq!(status, 200);
    tell(desk);
}

/// The page is told that something is new.
pub fn tell(desk: &Desk) {
    // What is known is too old to be shown.
    desk.later(660);
    let install = InstallName::parse("acme-usa").unwrap();
    let customer = CustomerId::new("176700001");
    desk.live.tell(Change::Customer(install, customer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_the_card_and_keeps_focus_folds_and_texts() {
    let Some(browser) = Browser::open("a change keeps focus") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    let typing = opened(&browser, &desk, KIM).await;
    page.value(
        "document.querySelectorAll('details').forEach((fold) => { fold.open = true; }); document.querySelector('input[name=text]').value = 'half'; window.picture = document.querySelector('img'); window.fold = document.querySelector('article summary'); fold.focus(); scrollTo(0, 40)",
    )
    .await;
    typing.value("document.querySelector('.search').open = true; document.querySelector('input[name=text]').focus()").await;
    typing.type_in("ki").await;
    change(&desk, 3);
    page.until(&shows("× 3")).await;
    assert_eq!(
        page.value("[document.activeElement === fold, fold.parentElement.open, document.querySelector('img') === picture, scrollY, document.querySelector('input[name=text]').value, [...document.querySelectorAll('details')].every((fold) => fold.open)]").await,
        json!([true, true, true, 40, "half", true])
    );
    assert_eq!(page.value(SAID).await, "Updated just now.");
    // Not while somebody types, and then at once.
    assert_eq!(typing.value(&shows("× 3")).await, false);
    typing.value("pass(3000)").await;
    typing.until(&shows("× 3")).await;
    assert_eq!(typing.value("document.activeElement.value").await, "ki");
    // What was said is not true for ever.
    page.value("pass(20000)").await;
    page.until(&format!("{SAID} === ''")).await;
    // One that moves to those that are over takes its fold and the focus with it.
    let path = format!("/subscriptions/{KIMS}/cancel");
    let reason = json!({"cancellation_reason": "Too much coffee"});
    assert_eq!(desk.recharge.act("POST", &path, reason).0, 200);
    tell(&desk);
    page.until(&shows("Too much coffee")).await;
    let kept = format!(
        "[document.activeElement === fold, fold.parentElement.open, fold.closest('article').dataset.subscription === '{KIMS}' && fold.checkVisibility()]"
    );
    assert_eq!(page.value(&kept).await, json!([true, true, true]));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_stream_can_be_had_the_card_is_asked_for_every_fifteen_seconds() {
    let Some(browser) = Browser::open("no stream") else {
        return;
    };
    let desk = Desk::open().await;
    let page = browser.blank(SIZE, false).await;
    page.guard().await;
    page.gate(|gate| gate.refuses = Some("/events"));
    page.go(&desk.address_of(&desk.here, &[("email", KIM), DANA, TICKET]))
        .await;
    change(&desk, 4);
    page.until(&format!("(pass(15000), {})", shows("× 4")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_says_reload_and_nothing_more_is_asked() {
    let Some(browser) = Browser::open("a session that is over") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    page.until(&shows("Wool Runner")).await;
    desk.later(600 + 900);
    page.until(&format!("{SAID}.includes('reload the ticket')"))
        .await;
    page.value("pass(60000)").await;
    assert!(
        page.value(SAID)
            .await
            .as_str()
            .unwrap()
            .contains("reload the ticket"),
        "that stays"
    );
    assert_eq!(page.value(&shows("Wool Runner")).await, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_can_be_done_by_keyboard() {
    let Some(browser) = Browser::open("by keyboard") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    let mut seen = Vec::new();
    for _ in 0..60 {
        page.press("Tab").await;
        let here = "(() => { const at = document.activeElement; return at === document.body ? '' : at.dataset.act ?? at.getAttribute('aria-label') ?? at.name ?? at.textContent; })()";
        let here = page.value(here).await;
        let here = here.as_str().unwrap().to_owned();
        if here.is_empty() || seen.first() == Some(&here) && seen.len() > 3 {
            break;
        }
        assert_eq!(
            page.value("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
                .await,
            true,
            "{here} has the focus, and does not show it"
        );
        seen.push(here);
    }
    let at = |what: &str| {
        let found = seen.iter().position(|one| one.contains(what));
        found.unwrap_or_else(|| panic!("{what} is not reached: {seen:#?}"))
    };
    assert!(at("View in Recharge: Kim Example") < at("View in Recharge: Wool Runner"));
    assert!(at("Details") < at("View in Recharge: Wool Runner"));
    assert!(at("View in Recharge: Wool Runner") < at("1 cancelled"));
    assert!(at("1 cancelled") < at("refresh") && at("refresh") < at("Find another"));
    assert!(seen.contains(&"unlink".to_owned()), "{seen:#?}");

    // A search, a look, a link.
    page.value("document.querySelector('.search summary').focus()")
        .await;
    page.press("Enter").await;
    page.press("Tab").await;
    page.press("Tab").await;
    page.type_in("wanda.weekly@mail.example").await;
    page.press("Enter").await;
    page.until("document.querySelector('.hits button')").await;
    assert!(
        !page
            .value("document.querySelector('.hits').innerText")
            .await
            .as_str()
            .unwrap()
            .contains("Wanda Weekly")
    );
    page.press("Tab").await;
    page.press("Tab").await;
    page.press("Enter").await;
    page.until(&shows("Wanda Weekly")).await;
    let link = "document.querySelector('[data-act=link]')";
    page.until(link).await;
    page.value(&format!("{link}.focus()")).await;
    page.press("Enter").await;
    page.until(&format!("{SAID} === 'Linked.'")).await;
    assert_eq!(page.value(&shows("Wanda Weekly")).await, true);
    assert_eq!(
        page.value("document.activeElement.localName").await,
        "main",
        "the button is gone, and the focus is not lost"
    );
    let unlink = "document.querySelector('[data-act=unlink]')";
    page.value(&format!("{unlink}.focus()")).await;
    page.press("Enter").await;
    page.until(&format!("{SAID} === 'Unlinked.'")).await;
    assert_eq!(page.complaints(), Vec::<String>::new());
    let did = desk.audit().await;
    let did: Vec<_> = did.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        did,
        ["agent.search", "agent.open", "agent.link", "agent.unlink"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_run_nothing() {
    let Some(browser) = Browser::open("hostile texts") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, "hostile@mail.example").await;
    page.until("document.querySelector('main')").await;
    assert_eq!(
        page.value("[document.scripts.length, document.querySelectorAll('main [onerror], main script, main iframe, main a:not([href^=\"https://\"])').length]").await,
        json!([1, 0])
    );
    // Nor does what is fetched again.
    page.value("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        .await;
    let (strays, complaints) = (page.gate(|gate| gate.strays.clone()), page.complaints());
    assert!(
        strays.is_empty() && complaints.is_empty(),
        "{strays:?} {complaints:?}"
    );
    let bad: Value = page.value("typeof window.bad").await;
    assert_eq!(bad, "undefined");
}
