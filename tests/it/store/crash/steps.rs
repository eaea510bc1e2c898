//! A life of a store, step by step.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sidecard::domain::id::{CustomerId, ProductId, WorkspaceId};
use sidecard::domain::object::ObjectKey;
use sidecard::domain::subscription::Selection;
use sidecard::domain::web_url::WebUrl;
use sidecard::store::{
    Aside, AuditEntry, Call, Claim, Cutoffs, GapProgress, HookRecord, HookTopic, Image, LinkKind,
    LinkRecord, NewBackfill, OutboxEntry, PersonProfile, Placed, Profile, Registration, Role,
    Standing, Store, StoreError, Ticket, Whom,
};

use super::super::*;

pub type Step = fn(Store, String) -> BoxFuture<'static, ()>;

macro_rules! step {
    ($point:literal, |$store:ident, $folder:ident| $body:expr) => {
        (
            $point,
            (|$store: Store, $folder: String| {
                async move {
                    let _ = &$folder;
                    let _ = $body.unwrap();
                }
                .boxed()
            }) as Step,
        )
    };
}

async fn the_workspace(store: &Store) -> WorkspaceId {
    store.workspaces().await.unwrap()[0].id.clone()
}

async fn the_person(store: &Store) -> String {
    store.people().await.unwrap()[1].id.clone()
}

fn person(login: &str) -> PersonProfile {
    PersonProfile {
        name: login.to_owned(),
        login: login.to_owned(),
        role: Role::Owner,
        password: Some(secret("$argon2id$")),
        totp: None,
        disabled: false,
    }
}

pub fn usa() -> sidecard::domain::install::InstallName {
    name("acme-usa")
}

/// Puts an object for a subscription of customer 1 on the workspace's timelines.
async fn place(store: &Store) -> Result<Vec<bool>, StoreError> {
    let workspace = the_workspace(store).await;
    let subscription = subscription("s1");
    let placed = Placed {
        workspace: &workspace,
        provider: "recharge",
        install: &usa(),
        customer: &CustomerId::new("1"),
        subscription: &subscription,
        standing: Some(Standing {
            object: String::from("o1"),
            owner: None,
        }),
        mark: "m",
    };
    store.keep_objects(&[placed], at(7)).await
}

/// The workspace that has timelines.
async fn the_desk(store: &Store) -> WorkspaceId {
    let all = store.workspaces().await.unwrap();
    let desk = all.iter().find(|w| w.helpdesk == "kustomer");
    desk.unwrap().id.clone()
}

async fn the_entry(store: &Store) -> OutboxEntry {
    let desk = the_desk(store).await;
    store
        .outbox(&desk, false, at(99), 9)
        .await
        .unwrap()
        .remove(0)
}

/// The first entry is told.
async fn settle(store: &Store) -> Result<bool, StoreError> {
    let entry = the_entry(store).await;
    let subscription = subscription("s1");
    let placed = Placed {
        workspace: &entry.ticket.workspace,
        provider: "recharge",
        install: &usa(),
        customer: &CustomerId::new("1"),
        subscription: &subscription,
        standing: None,
        mark: "m",
    };
    store
        .settle_entry(&entry.ticket, Some(&placed), true, at(8))
        .await
}

async fn the_tickets(store: &Store) -> Vec<Ticket> {
    let waiting = store.waiting_hooks(at(9), 9).await.unwrap();
    waiting.into_iter().map(|hook| hook.ticket).collect()
}

fn link() -> LinkRecord {
    LinkRecord {
        customer: Some(CustomerId::new("1")),
        kind: LinkKind::Manual,
        by: None,
        agent: None,
        at: at(1),
        made_for: None,
    }
}

/// A complete read of a customer, with what the provider answers about their address.
async fn reads(store: &Store, id: &str, address: &str) -> Result<Vec<Stored>, StoreError> {
    let asked = Asked {
        subject: Subject::Email(email(address)),
        moment: now_of(store, "acme-usa", 7).await,
        customers: vec![CustomerId::new(id)],
    };
    let observation = Observation {
        install: &usa(),
        customers: &[read(store, "acme-usa", id, address, 7).await],
        asked: &[asked],
        deleted: &[],
        tickets: &[],
    };
    store.observe(observation, at(7)).await
}

/// The first webhook of the inbox changes customer 1, marks customer 2, and says that something unknown is deleted.
async fn applies(store: &Store) -> Result<Vec<Stored>, StoreError> {
    let hook = store.waiting_hooks(at(9), 9).await.unwrap().remove(0);
    let moved = Customer {
        updated_at: Some(at(8)),
        ..customer("1", "kim.new@acme.example")
    };
    let mut changes = webhook(store, "acme-usa", "1", Object::Customer(Box::new(moved)), 8).await;
    changes.moment.began = hook.receipt;
    let mut marks = Observed::new(CustomerId::new("2"), Source::Webhook, changes.moment);
    marks.mark = true;
    let observation = Observation {
        install: &usa(),
        customers: &[changes, marks],
        asked: &[],
        deleted: &[(ObjectKey::new(Kind::Charge, "c9"), hook.receipt)],
        tickets: &[hook.ticket],
    };
    store.observe(observation, at(9)).await
}

/// A second empty answer, an hour after the first: customer 2 is gone.
async fn misses(store: &Store, seconds: i64) -> Result<Vec<Stored>, StoreError> {
    let moment = now_of(store, "acme-usa", seconds).await;
    let mut gone = Observed::new(CustomerId::new("2"), Source::Read, moment);
    gone.gone = true;
    let observation = Observation {
        install: &usa(),
        customers: &[gone],
        asked: &[],
        deleted: &[],
        tickets: &[],
    };
    store.observe(observation, moment.at).await
}

/// A life of a store: each step is one transaction, named by the first word; every name of `POINTS` is there.
#[rustfmt::skip]
pub fn steps() -> Vec<(&'static str, Step)> {
    vec![
        step!("install.added", |store, _f| store.add_install(&install("acme-usa"), at(1)).await),
        step!("install.added", |store, _f| store.add_install(&install("acme-eu"), at(1)).await),
        step!("workspace.added", |store, _f| store.add_workspace(&workspace(&["acme-usa", "acme-eu"]), at(1)).await),
        step!("workspace.added", |store, _f| store.add_workspace(&NewWorkspace { helpdesk: String::from("kustomer"), ..workspace(&["acme-usa"]) }, at(2)).await),
        step!("install.set", |store, _f| store.set_install(&usa(), at(2), |s| { s.contact = Some(String::from("Lee")); s.scopes.clear(); }).await),
        step!("install.token", |store, _f| store.replace_token(&usa(), &secret("sk_2"), Some(&secret("client 2")), at(3), |s| s.shop_verified = true).await),
        step!("install.state", |store, _f| store.mark_reconnect(&usa(), at(4)).await),
        step!("workspace.set", |store, _f| { let id = the_workspace(&store).await; store.set_workspace(&id, at(5), |s| { s.helpdesk.0["org"] = "b".into(); s.longest_expiry = 7; s.installs.reverse(); }).await }),
        step!("workspace.rotated", |store, _f| { let id = the_workspace(&store).await; store.rotate_secret(&id, Some(secret("chosen")), at(99), at(6)).await }),
        step!("records.observed", |store, _f| reads(&store, "1", "kim@acme.example").await),
        step!("records.observed", |store, _f| reads(&store, "2", "lee@acme.example").await),
        step!("objects.kept", |store, _f| place(&store).await),
        step!("timeline.trouble", |store, _f| { let id = the_desk(&store).await; store.refuse_timeline(&id, "why", at(8)).await }),
        step!("outbox.settled", |store, _f| settle(&store).await),
        step!("outbox.set_aside", |store, _f| { let entry = the_entry(&store).await; store.delay_entry(&entry.ticket, at(9), true).await }),
        step!("backfill.begun", |store, _f| { let workspace = &the_workspace(&store).await; store.begin_backfill(&NewBackfill { workspace, klass: "k", selection: Selection::default(), most: None, total: 1 }, at(7)).await }),
        step!("backfill.claimed", |store, _f| { let subscription = &subscription("s1"); store.claim_objects(1, &the_workspace(&store).await, &[Claim { external_id: "e", subscription, mark: "m" }], at(7)).await }),
        step!("backfill.kept", |store, _f| store.keep_backfilled(1, &the_workspace(&store).await, &[], &[String::from("e")], at(7)).await),
        step!("backfill.advanced", |store, _f| { let mut run = store.backfills(&the_workspace(&store).await).await.unwrap().remove(0); run.counts.looked_at = 1; store.advance_backfill(&run, Some(at(8))).await }),
        step!("backfill.undone", |store, _f| store.drop_objects(&the_workspace(&store).await, &[String::from("e")]).await),
        step!("hooks.received", |store, _f| store.receive_hooks(&[hook("acme-usa", "subscription/updated", "{}", at(8)), hook("acme-usa", "charge/paid", "[", at(8)), hook("acme-eu", "customer/deleted", "{}", at(8))]).await),
        step!("hooks.set_aside", |store, _f| { let tickets = the_tickets(&store).await; store.set_hooks_aside(&[(tickets[1].clone(), Aside::Parked("why")), (tickets[2].clone(), Aside::Until(at(9)))]).await }),
        step!("records.observed", |store, _f| applies(&store).await),
        step!("records.observed", |store, _f| misses(&store, 10).await),
        step!("records.observed", |store, _f| reads(&store, "9", "x@acme.example").await),
        step!("records.asked_forgotten", |store, _f| store.forget_asked(&usa(), &by_email("x@acme.example")).await),
        step!("outbox.cleared", |store, _f| { let id = the_desk(&store).await; store.clear_outbox(&id, false).await }),
        step!("records.observed", |store, _f| misses(&store, 10 + 3_600).await),
        step!("link.set", |store, _f| { let id = the_workspace(&store).await; store.link(Profile { install: &usa(), workspace: &id, profile: "p" }, &link()).await }),
        step!("images.seen", |store, _f| store.remember_images(&usa(), &[Image { product: ProductId::new("1"), variant: None, url: WebUrl::parse("https://cdn.example/1.png").unwrap() }], at(9)).await),
        step!("person.added", |store, _f| store.add_person(&person("dana"), at(10)).await),
        step!("person.added", |store, _f| store.add_person(&person("lee"), at(11)).await),
        step!("session.begun", |store, f| { let id = the_person(&store).await; let token = store.begin_session(&id, at(9_999), at(12)).await; std::fs::write(format!("{f}/token"), token.as_ref().unwrap().reveal()).unwrap(); token }),
        step!("session.seen", |store, f| { let token = std::fs::read_to_string(format!("{f}/token")).unwrap(); store.session(&token, at(0), at(200)).await }),
        step!("setup_link.made", |store, f| { let token = store.make_setup_link(None, at(999)).await; std::fs::write(format!("{f}/link"), token.as_ref().unwrap().reveal()).unwrap(); token }),
        step!("setup_link.used", |store, f| { let token = std::fs::read_to_string(format!("{f}/link")).unwrap(); store.use_setup_link(&token, at(200)).await }),
        step!("session.ended", |store, f| { let token = std::fs::read_to_string(format!("{f}/token")).unwrap(); store.end_session(&token).await }),
        step!("person.set", |store, _f| { let id = the_person(&store).await; store.set_person(&id, |p| { p.role = Role::Viewer; p.name = String::from("Lee 2"); }).await }),
        step!("code.used", |store, _f| { let id = the_person(&store).await; store.use_code(&id, 60).await }),
        step!("audit.added", |store, _f| store.audit(&AuditEntry { at: at(1), who: String::from("cli"), action: String::from("a"), kind: String::from("k"), object: String::from("o"), detail: String::new() }).await),
        step!("calls.added", |store, _f| { let workspace = the_workspace(&store).await; let call = Call { workspace, at: at(1), kind: String::from("BASIC"), verdict: String::from("good"), outcome: None, duration_ms: 1, cause: None }; store.record_calls(&[call.clone(), call]).await }),
        step!("rotate.batch", |_old, f| Store::open(&url(f.as_ref()), ring(&[NEW, OLD]), at(300)).await.unwrap().reseal(|_| ()).await),
        step!("link.released", |store, _f| store.release_links(&usa(), &CustomerId::new("1")).await),
        step!("person.erased", |_old, f| Store::open(&url(f.as_ref()), ring(&[NEW, OLD]), at(300)).await.unwrap().erase(&usa(), &Whom::Email(email("kim@acme.example")), at(0)).await),
        step!("store.purged", |store, _f| store.purge(&Cutoffs { cards: at(500), refused: at(500), audit: at(500), parked: at(500), idle: at(500), untold: at(500), unasked: at(500) }, at(500)).await),
        step!("hook.recorded", |store, _f| store.record_hook(&usa(), &HookRecord { id: String::from("7"), topic: String::from("charge/paid"), address: String::from("https://sidecard.example/hooks"), created_at: at(500), seen_at: at(500) }).await),
        step!("registration.kept", |store, _f| store.keep_registration(&usa(), &Registration { basis: String::from("b"), checked_at: at(500), problem: None, sidecards: 1, others: 2 }, &[HookTopic { topic: String::from("charge/paid"), missing: Some(String::from("scope")), lost_at: Some(at(499)) }]).await),
        step!("hook.forgotten", |store, _f| store.forget_hook(&usa(), "7").await),
        step!("lease.taken", |store, _f| store.lease("l", "h", at(510), at(500)).await),
        step!("lease.ended", |store, _f| store.end_lease("l", "h").await),
        step!("alive.beat", |store, _f| store.beat(at(500)).await),
        step!("gap.opened", |store, _f| store.open_gap(&usa(), (at(400), at(500)), false).await),
        step!("gap.swept", |store, _f| { let gap = store.gaps().await.unwrap().remove(0); store.advance_gap(&gap, &GapProgress { pages: 1, ..GapProgress::default() }).await }),
        step!("gap.closed", |store, _f| { let gap = store.gaps().await.unwrap().remove(0); store.close_gap(&gap).await }),
        step!("install.shut", |store, _f| store.shut_install(&name("acme-eu"), at(600)).await),
        step!("person.removed", |store, _f| { let id = the_person(&store).await; store.remove_person(&id).await }),
        step!("install.removed", |store, _f| store.remove_install(&usa(), at(0)).await),
        step!("workspace.removed", |store, _f| { let id = the_workspace(&store).await; store.remove_workspace(&id, at(0)).await }),
    ]
}
