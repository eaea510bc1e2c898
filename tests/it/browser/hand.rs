//! What an agent does on the page: copying, filtering, having it read anew.

use serde_json::json;
use sidecard::app::Change;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::simulator::recharge::Faults;
use sidecard::store::Profile;

use super::Browser;
use super::frame::{SAID, opened, shows, tell};
use crate::embed::{DANA, Desk, KIM, TICKET};
use crate::house::time_passes;

const WHOLESALE: &str = "wholesale@mail.example";
/// How many subscriptions are to be seen, and what is said of them.
const COUNTED: &str = "[[...document.querySelectorAll('article')].filter((row) => row.checkVisibility()).length, document.querySelector('.filter p').textContent]";
const REFRESH: &str = "document.querySelector('[data-act=refresh]')";
/// How often the card was asked for since the page was opened.
const REFRESHES: &str = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/refresh')).length";

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_on_the_clipboard_after_its_button_was_pressed() {
    let Some(browser) = Browser::open("copying") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    page.value("document.querySelector('header [data-copy]').focus()")
        .await;
    page.press("Enter").await;
    page.until(&format!("{SAID} === 'Copied.'")).await;
    assert_eq!(
        page.value("document.activeElement.dataset.done").await,
        "",
        "it shows a tick, and has the focus still"
    );
    page.value("document.querySelector('.search').open = true; document.querySelector('input[name=text]').focus()").await;
    page.paste().await;
    page.until("document.activeElement.value === '176700001'")
        .await;
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_leaves_what_matches_keeps_the_focus_and_says_how_many() {
    let Some(browser) = Browser::open("filtering") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, WHOLESALE).await;
    let shown = |count: usize, said: &str| format!("{COUNTED}.join() === '{count},{said}'");
    page.until(&shown(10, "")).await;
    let status = "document.querySelector('.filter p').getAttribute('role')";
    assert_eq!(page.value(status).await, "status", "it is said aloud");
    page.value("document.querySelector('.filter input').focus()")
        .await;
    // Of both lists, whatever is folded; all of the words, in any order.
    page.type_in("Cancelled").await;
    page.until(&shown(10, "30 of 600 match")).await;
    page.type_in(" barista 585100588").await;
    page.until(&shown(1, "1 of 600 match")).await;
    page.until(&shows("Oat Barista")).await;
    page.type_in(" no such thing").await;
    page.until(&shown(0, "0 of 600 match")).await;
    let focus = "document.activeElement.matches('.filter input')";
    assert_eq!(page.value(focus).await, true);
    page.press("Escape").await;
    page.until(&shown(20, "")).await;
    assert_eq!(
        page.value(
            "document.activeElement.matches('.filter input') && document.activeElement.value === ''"
        )
        .await,
        true
    );
    // The rest comes when it is asked for, and the focus goes to the first one of it.
    page.value("document.querySelector('.more').focus()").await;
    page.press("Enter").await;
    page.until(&shown(600, "")).await;
    assert_eq!(
        page.value("[...document.querySelectorAll('article')].indexOf(document.activeElement.closest('article'))")
            .await,
        10
    );
    assert_eq!(
        page.value("[...document.querySelectorAll('.more')].filter((more) => more.checkVisibility()).length")
            .await,
        0
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_button_rests_and_says_why() {
    let Some(browser) = Browser::open("the refresh button rests") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    let rests = format!("{REFRESH}.ariaDisabled");
    page.value(&format!("{REFRESH}.focus()")).await;
    page.press("Enter").await;
    page.until(&format!("{SAID} === 'Updated just now.'")).await;
    assert_eq!(page.value(&rests).await, "true");
    // Pressed again it asks for nothing.
    page.press("Enter").await;
    page.until(&format!("{SAID}.includes('once in ten seconds')"))
        .await;
    assert_eq!(page.value(REFRESHES).await, 1);
    page.value("pass(10000)").await;
    page.until(&format!("{rests} === null")).await;
    // Somebody else has had it read a moment ago.
    page.press("Enter").await;
    page.until(&format!("{SAID}.includes('Try again in ten seconds')"))
        .await;
    assert_eq!(page.value(&rests).await, "true");
    page.value("pass(10000)").await;
    page.until(&format!("{rests} === null")).await;
    desk.later(10);
    page.press("Enter").await;
    page.until(&format!("{SAID} === 'Updated just now.'")).await;
    assert_eq!(
        page.value(&format!("document.activeElement === {REFRESH}"))
            .await,
        true
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_stays_where_it_is_when_something_comes_above_it() {
    let Some(browser) = Browser::open("what is read stays") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    page.value("document.querySelectorAll('details').forEach((fold) => { fold.open = true; }); scrollTo(0, 160)")
        .await;
    // A frame is drawn: what is in sight is known.
    page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        .await;
    let place = "document.querySelector('article').getBoundingClientRect().top";
    let before = page.value(place).await.as_f64().unwrap();
    let (clock, recharge) = (desk.clock.clone(), desk.recharge.clone());
    let lookups = desk.lookups.clone();
    // What waits before it tries again does not wait here.
    let passing = tokio::spawn(async move { time_passes(&clock, &recharge, &lookups).await });
    desk.recharge.set_faults("500=1".parse::<Faults>().unwrap());
    tell(&desk);
    page.until(&shows("Not the newest")).await;
    passing.abort();
    page.until(&format!(
        "Math.abs({place} - {before}) <= 1 && scrollY > 160"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit_says_nothing_but_how_old_the_card_is() {
    let Some(browser) = Browser::open("a first visit") else {
        return;
    };
    let desk = Desk::open().await;
    let page = browser.blank((360, 500), false).await;
    page.guard().await;
    page.gate(|gate| gate.holds = Some("/events"));
    let zone = json!({ "timezoneId": "Asia/Tokyo" });
    page.ask("Emulation.setTimezoneOverride", zone).await;
    page.go(&desk.address_of(&desk.here, &[("email", KIM), DANA, TICKET]))
        .await;
    page.until_held("/events").await;
    // In the agent's own time: it is a quarter past ten in London.
    page.until(&shows("7:15")).await;
    let of = Profile {
        install: &InstallName::parse("acme-usa").unwrap(),
        workspace: &desk.here.id,
        profile: TICKET.1,
    };
    // By this very look the ticket's person is tied to Kim.
    let tied = async {
        while desk.store.link_of(of).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(20), tied).await;
    assert!(in_time.is_ok(), "nobody is linked");
    page.value("window.heard = 0; const reader = ReadableStreamDefaultReader.prototype, read = reader.read; reader.read = function () { return read.call(this).then((got) => { heard++; return got; }); }; window.asked = []; const own = fetch; window.fetch = (url, ...more) => { asked.push(url); return own(url, ...more); }")
        .await;
    page.release();
    // What the page is told first is the version of what there is to show: the one that it shows.
    page.until("heard > 0").await;
    assert_eq!(page.value("asked").await, json!([]));
    assert_eq!(page.value(&shows("Matched by")).await, false);
    assert_eq!(page.value(SAID).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_filtered_away_stays_away_when_the_card_changes_and_comes_back_as_it_is_now() {
    let Some(browser) = Browser::open("a change while filtered") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, WHOLESALE).await;
    let shown = |count: usize, said: &str| format!("{COUNTED}.join() === '{count},{said}'");
    let row = |id: u32| format!("document.querySelector('[data-subscription=\"{id}\"]')");
    page.until(&shown(10, "")).await;
    page.value("document.querySelector('.filter input').focus()")
        .await;
    page.type_in("585100127").await;
    page.until(&shown(1, "1 of 600 match")).await;
    page.value(&format!(
        "{}.querySelector('details').open = true",
        row(585_100_127)
    ))
    .await;
    page.value("pass(3000)").await;
    // One that is to be seen, and one that is not.
    for id in [585_100_127, 585_100_141] {
        let path = format!("/subscriptions/{id}");
        let change = json!({ "quantity": 77 });
        assert_eq!(desk.recharge.act("PUT", &path, change).0, 200);
    }
    desk.later(660);
    let install = InstallName::parse("acme-usa").unwrap();
    let customer = CustomerId::new("176700013");
    desk.live.tell(Change::Customer(install, customer));
    page.until(&shows("× 77")).await;
    page.until(&shown(1, "1 of 600 match")).await;
    let is_open = format!("{}.querySelector('details').open", row(585_100_127));
    assert_eq!(page.value(&is_open).await, true);
    page.press("Escape").await;
    let text = format!("{}?.innerText.includes('× 77')", row(585_100_141));
    page.until(&text).await;
    page.value("document.querySelector('.more').click()").await;
    page.value("document.querySelector('details.past').open = true; document.querySelector('.past .more').click()").await;
    page.until("document.querySelectorAll('article').length === 600")
        .await;
    let ids = "new Set([...document.querySelectorAll('article')].map((row) => row.dataset.subscription)).size";
    assert_eq!(page.value(ids).await, 600);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_searches_the_later_ones_answer_is_shown() {
    let Some(browser) = Browser::open("two searches") else {
        return;
    };
    let desk = Desk::open().await;
    let page = opened(&browser, &desk, KIM).await;
    page.value("document.querySelector('.search').open = true")
        .await;
    let search = |text: &str| {
        format!(
            "document.querySelector('input[name=text]').value = '{text}'; document.querySelector('.search form button').click()"
        )
    };
    page.gate(|gate| gate.holds = Some("/search"));
    page.value(&search("wanda.weekly@mail.example")).await;
    page.until_held("/search").await;
    page.gate(|gate| gate.holds = None);
    page.value(&search("rhea.reason@mail.example")).await;
    let hits = "document.querySelector('.hits').innerText";
    page.until(&format!("{hits}.includes('R')")).await;
    let later = page.value(hits).await;
    page.release();
    page.until("performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/search')).length === 2")
        .await;
    page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        .await;
    assert_eq!(page.value(hits).await, later);
}
