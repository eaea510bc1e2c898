//! A store of format 11, in which all that was known of a customer was one body: all but those bodies is kept.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::*;
use crate::domain::customer::Customer;
use crate::domain::id::{CustomerId, ProductId, SubscriptionId, WorkspaceId};
use crate::domain::object::{Kind, Object};
use crate::domain::subscription::{Product, Selection, Status, Subscription};
use crate::domain::timeline::external_id;
use crate::domain::web_url::WebUrl;
use crate::records::{Moment, Observed, Source};
use crate::store::{
    Aside, AuditEntry, BackfillPlace, Call, Claim, HookRecord, HookTopic, Image, LinkKind,
    LinkRecord, NewBackfill, NewHook, NewWorkspace, Observation, PersonProfile, Placed, Profile,
    Registration, Role, Standing, Stored, WorkspaceSettings,
};

const NEW_TABLES: [&str; 6] = [
    "asked",
    "customer_keys",
    "records",
    "customers",
    "erased",
    "commits",
];
const OLD_TABLES: [&str; 4] = [
    "belongings",
    "resolution_customers",
    "resolutions",
    "snapshots",
];

fn usa() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

fn kim() -> CustomerId {
    CustomerId::new("1")
}

fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// A subscription of a product whose picture no charge shows any more.
fn subscription(id: &str) -> Subscription {
    Subscription {
        id: SubscriptionId::new(id),
        status: Status::Active,
        created_at: Some(at(-900)),
        updated_at: None,
        billing_interval: None,
        delivery_interval: None,
        keeps_to: None,
        is_prepaid: false,
        next_billing_date: None,
        cancelled_at: None,
        cancellation_reason: None,
        cancellation_comment: None,
        payment_attempts_exhausted: false,
        ends_after_charges: None,
        price: None,
        quantity: Some(1),
        product: Product {
            id: Some(ProductId::new("runner")),
            ..Product::default()
        },
        properties: Vec::new(),
    }
}

/// Stores a complete read of Kim.
async fn read(store: &Store, subscriptions: &[Subscription], seconds: i64) -> Stored {
    let moment = Moment {
        began: store.commit_number(&usa()).await.unwrap(),
        at: at(seconds),
    };
    let mut observed = Observed::new(kim(), Source::Read, moment);
    let own = Customer {
        email: Some(String::from("kim@acme.example")),
        ..Customer::bare(kim())
    };
    observed.objects.push(Object::Customer(Box::new(own)));
    let subscriptions = subscriptions.iter().cloned().map(Box::new);
    let subscriptions = subscriptions.map(Object::Subscription);
    observed.objects.extend(subscriptions);
    observed.complete = Kind::ALL.to_vec();
    store_observed(store, observed).await
}

async fn store_observed(store: &Store, observed: Observed) -> Stored {
    let now = observed.moment.at;
    let install = usa();
    let observation = Observation {
        install: &install,
        customers: &[observed],
        asked: &[],
        deleted: &[],
        tickets: &[],
    };
    store.observe(observation, now).await.unwrap().remove(0)
}

/// Something of everything, as today's program writes it. Returns the workspace that has timelines: subscription 1 stands on
/// one, subscription 2 is about to.
async fn fill(store: &Store) -> WorkspaceId {
    store
        .add_install(&install("Dana".into()), at(0))
        .await
        .unwrap();
    let mut other = install("Lee".into());
    other.name = InstallName::parse("acme-eu").unwrap();
    store.add_install(&other, at(0)).await.unwrap();
    store
        .replace_token(
            &usa(),
            &secret("sk_2"),
            Some(&secret("client 2")),
            at(1),
            |_| (),
        )
        .await
        .unwrap();
    let desk = NewWorkspace {
        helpdesk: String::from("kustomer"),
        settings: WorkspaceSettings {
            name: Some(String::from("Support")),
            helpdesk: Default::default(),
            frame_ancestors: Vec::new(),
            longest_expiry: 60,
            enabled: true,
            installs: vec![usa()],
        },
        secret: Some(secret("of the desk")),
    };
    let (desk, _) = store.add_workspace(&desk, at(1)).await.unwrap();
    let url = WebUrl::parse("https://cdn.example/runner.png").unwrap();
    let image = Image {
        product: ProductId::new("runner"),
        variant: None,
        url,
    };
    store
        .remember_images(&usa(), &[image], at(1))
        .await
        .unwrap();

    read(store, &["1", "2"].map(subscription), 2).await;
    let mut waiting = store.outbox(&desk, false, at(2), 9).await.unwrap();
    let one = external_id("recharge", &usa(), &SubscriptionId::new("1"));
    waiting.retain(|entry| entry.ticket.external_id == one);
    let mut pictured = subscription("1");
    pictured.product.image_url = WebUrl::parse("https://cdn.example/runner.png").ok();
    let placed = Placed {
        workspace: &desk,
        provider: "recharge",
        install: &usa(),
        customer: &kim(),
        subscription: &pictured,
        standing: Some(Standing {
            object: String::from("o1"),
            owner: Some(String::from("c1")),
        }),
        mark: "m",
    };
    let ticket = &waiting[0].ticket;
    assert!(
        store
            .settle_entry(ticket, Some(&placed), true, at(3))
            .await
            .unwrap()
    );

    for (profile, customer) in [("kim", Some(kim())), ("max", None)] {
        let of = Profile {
            install: &usa(),
            workspace: &desk,
            profile,
        };
        let link = LinkRecord {
            customer,
            kind: LinkKind::Manual,
            by: None,
            agent: Some(secret("Dana")),
            at: at(3),
            made_for: None,
        };
        assert!(store.link(of, &link).await.unwrap());
    }
    let hooks = ["{}", "["].map(|body| NewHook {
        install: usa(),
        topic: String::from("subscription/updated"),
        body: body.as_bytes().to_vec(),
        received_at: at(4),
    });
    store.receive_hooks(&hooks).await.unwrap();
    let parked = store
        .waiting_hooks(at(4), 9)
        .await
        .unwrap()
        .remove(1)
        .ticket;
    let aside = [(parked, Aside::Parked("not JSON"))];
    store.set_hooks_aside(&aside).await.unwrap();
    let hook = HookRecord {
        id: String::from("7"),
        topic: String::from("charge/paid"),
        address: String::from("https://sidecard.example/hooks"),
        created_at: at(4),
        seen_at: at(4),
    };
    store.record_hook(&usa(), &hook).await.unwrap();
    let registration = Registration {
        basis: String::from("b"),
        checked_at: at(4),
        problem: None,
        sidecards: 1,
        others: 0,
    };
    let topic = HookTopic {
        topic: String::from("charge/paid"),
        missing: None,
        lost_at: Some(at(3)),
    };
    store
        .keep_registration(&usa(), &registration, &[topic])
        .await
        .unwrap();
    store.open_gap(&usa(), (at(3), at(4)), false).await.unwrap();

    let backfill = NewBackfill {
        workspace: &desk,
        klass: "k",
        selection: Selection::default(),
        most: Some(9),
        total: 3,
    };
    let mut run = store.begin_backfill(&backfill, at(4)).await.unwrap();
    run.place = BackfillPlace {
        install: Some(usa()),
        reached: Some(at(-900)),
        passed: 2,
    };
    run.counts.looked_at = 2;
    store.advance_backfill(&run, None).await.unwrap();
    let claim = Claim {
        external_id: "e",
        subscription: &subscription("3"),
        mark: "m",
    };
    store
        .claim_objects(run.number, &desk, &[claim], at(4))
        .await
        .unwrap();

    let dana = PersonProfile {
        name: String::from("Dana"),
        login: String::from("dana"),
        role: Role::Owner,
        password: Some(secret("$argon2id$")),
        totp: Some(secret("TOTP")),
        disabled: false,
    };
    let dana = store.add_person(&dana, at(4)).await.unwrap();
    store.begin_session(&dana, at(9_999), at(4)).await.unwrap();
    store.make_setup_link(Some(&dana), at(9_999)).await.unwrap();
    let entry = AuditEntry {
        at: at(4),
        who: String::from("cli"),
        action: String::from("a"),
        kind: String::from("k"),
        object: String::from("o"),
        detail: String::new(),
    };
    store.audit(&entry).await.unwrap();
    let call = Call {
        workspace: desk.clone(),
        at: at(4),
        kind: String::from("BASIC"),
        verdict: String::from("good"),
        outcome: None,
        duration_ms: 1,
        cause: None,
    };
    store.record_calls(&[call]).await.unwrap();
    desk
}

/// Makes the file a store as version 11 wrote it, with cards.
async fn downgrade(folder: &Path) {
    let mut file = open_file(folder).await;
    let mut old = SqliteConnectOptions::new()
        .in_memory(true)
        .connect()
        .await
        .unwrap();
    for sql in &migrate::MIGRATIONS[..11] {
        sqlx::raw_sql(*sql).execute(&mut old).await.unwrap();
    }
    for table in NEW_TABLES {
        run(&mut file, format!("DROP TABLE {table}")).await;
    }
    run(&mut file, "ALTER TABLE inbox DROP COLUMN receipt".into()).await;
    run(&mut file, "ALTER TABLE links DROP COLUMN made_for".into()).await;
    run(&mut file, "DELETE FROM migrations WHERE number > 11".into()).await;
    let gone: Vec<String> = sqlx::query_scalar(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
            AND tbl_name IN ('snapshots', 'belongings', 'resolutions', 'resolution_customers') ORDER BY rowid",
    )
    .fetch_all(&mut old)
    .await
    .unwrap();
    for sql in gone {
        run(&mut file, sql).await;
    }
    let (mut has, mut had) = (schema(&mut file).await, schema(&mut old).await);
    has.remove("migrations");
    had.remove("migrations");
    assert_eq!(has, had, "this is what version 11 wrote");
    let cards = "INSERT INTO snapshots (install, customer, body, email, as_of, version)
            VALUES ('acme-usa', '1', x'00', 'f1', 0, 1);
        INSERT INTO belongings (install, kind, id, customer) VALUES ('acme-usa', 'subscription', '1', '1');
        INSERT INTO resolutions (install, subject, body, as_of) VALUES ('acme-usa', 'f1', x'00', 0);
        INSERT INTO resolution_customers (install, subject, customer) VALUES ('acme-usa', 'f1', '1')";
    run(&mut file, cards.into()).await;
    file.close().await.unwrap();
}

async fn open_file(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("sidecard.db"));
    options.connect().await.unwrap()
}

async fn run(conn: &mut SqliteConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(conn)
        .await
        .unwrap();
}

/// The columns of each table.
async fn schema(conn: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk
         FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.name",
    )
    .fetch_all(conn)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in columns {
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// Every row of every table, by the columns of these tables.
async fn rows(
    conn: &mut SqliteConnection,
    tables: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in tables {
        let names = columns.iter().filter_map(|column| column.split(' ').next());
        let quoted: Vec<String> = names.map(|name| format!("quote(\"{name}\")")).collect();
        let sql = format!(
            "SELECT {} AS line FROM \"{table}\" ORDER BY 1",
            quoted.join(" || ' ' || ")
        );
        let found = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        let lines = found.iter().map(|row| row.get::<String, _>("line"));
        all.insert(table.clone(), lines.collect());
    }
    all
}

/// A store of format 11 that was opened, and its desk.
async fn upgraded(folder: &Path) -> (Store, WorkspaceId) {
    let store = open_in(folder).await.unwrap();
    let desk = fill(&store).await;
    store.close().await;
    downgrade(folder).await;
    (open_in(folder).await.unwrap(), desk)
}

#[tokio::test]
async fn everything_but_the_cards_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(folder.path()).await.unwrap();
    let desk = fill(&store).await;
    store.close().await;
    downgrade(folder.path()).await;
    let mut file = open_file(folder.path()).await;
    let mut tables = schema(&mut file).await;
    tables.retain(|table, _| !OLD_TABLES.contains(&table.as_str()) && table != "migrations");
    let before = rows(&mut file, &tables).await;
    file.close().await.unwrap();
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
    let empty: Vec<_> = empty.iter().map(|(table, _)| table.as_str()).collect();
    assert_eq!(
        empty,
        ["former_workspaces", "leases"],
        "all others have rows"
    );

    let store = open_in(folder.path()).await.unwrap();
    assert!(store.examine().await.unwrap().is_sound());
    let mut file = open_file(folder.path()).await;
    let mut after = rows(&mut file, &tables).await;
    let tables = schema(&mut file).await;
    assert!(OLD_TABLES.iter().all(|table| !tables.contains_key(*table)));
    // When a store was opened last is not a matter of its format.
    let opened = |rows: &mut BTreeMap<String, Vec<String>>| {
        rows.get_mut("counters")
            .unwrap()
            .retain(|row| !row.contains("opened"));
    };
    let mut before = before;
    opened(&mut before);
    opened(&mut after);
    for (table, rows) in &before {
        assert_eq!(&after[table], rows, "{table}");
    }

    // And is read as before.
    let kept = store.install(&usa()).await.unwrap().unwrap();
    assert_eq!(kept.token.unwrap().reveal(), "sk_2");
    let access = store.access(&desk, at(5)).await.unwrap().unwrap();
    assert_eq!(access.workspace.secrets[0].reveal(), "of the desk");
    let of = Profile {
        install: &usa(),
        workspace: &desk,
        profile: "kim",
    };
    let link = store.link_of(of).await.unwrap().unwrap();
    assert_eq!((link.customer, link.made_for), (Some(kim()), None));
    assert_eq!(store.backfills(&desk).await.unwrap()[0].place.passed, 2);
    assert_eq!(store.parked().await.unwrap()[0].count, 1);
    assert_eq!(store.people().await.unwrap()[0].profile.name, "Dana");
    // Of customers nothing is known but what stands on timelines.
    assert_eq!(store.known(&usa(), &kim()).await.unwrap(), None);
    let rows = store.customer_rows(&usa(), &kim()).await.unwrap();
    assert!(rows.rows.is_empty() && rows.freshness.is_marked());
    assert!(store.is_known(&usa(), &kim()).await.unwrap());
}

#[tokio::test]
async fn nothing_that_stands_on_a_timeline_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, desk) = upgraded(folder.path()).await;
    let before = store.outbox(&desk, false, at(9), 9).await.unwrap();
    assert_eq!(before.len(), 1, "subscription 2 still waits");
    let stored = read(&store, &["1", "2"].map(subscription), 9).await;
    assert!(!stored.is_refused && stored.known.is_some());
    let after = store.outbox(&desk, false, at(9), 9).await.unwrap();
    assert_eq!(after.len(), 1);
    assert_eq!(
        after[0].ticket, before[0].ticket,
        "nor is what waits queued twice"
    );
    // Only what has changed is.
    let changed = Subscription {
        quantity: Some(2),
        updated_at: Some(at(8)),
        ..subscription("1")
    };
    read(&store, &[changed, subscription("2")], 10).await;
    assert_eq!(
        store.outbox(&desk, false, at(10), 9).await.unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_subscription_that_left_while_no_card_was_known_leaves_the_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let (store, desk) = upgraded(folder.path()).await;
    read(&store, &[subscription("2")], 9).await;
    let stands = external_id("recharge", &usa(), &SubscriptionId::new("1"));
    let is_removed = async |seconds| {
        let removes = store.outbox(&desk, true, at(seconds), 9).await.unwrap();
        removes
            .iter()
            .any(|entry| entry.ticket.external_id == stands)
    };
    assert!(!is_removed(9).await, "not on one empty answer");
    read(&store, &[subscription("2")], 9 + 3_600).await;
    assert!(is_removed(9 + 3_600).await);
}

#[tokio::test]
async fn webhooks_that_waited_are_applied() {
    let folder = tempfile::tempdir().unwrap();
    let (store, desk) = upgraded(folder.path()).await;
    let waiting = store.waiting_hooks(at(9), 9).await.unwrap().remove(0);
    let moment = Moment {
        began: waiting.receipt,
        at: waiting.received_at,
    };
    let mut observed = Observed::new(kim(), Source::Webhook, moment);
    let changed = Subscription {
        quantity: Some(2),
        updated_at: Some(at(4)),
        ..subscription("1")
    };
    observed
        .objects
        .push(Object::Subscription(Box::new(changed)));
    let stored = store_observed(&store, observed).await;
    assert!(!stored.is_refused && stored.is_changed);
    let waiting = store.outbox(&desk, false, at(9), 9).await.unwrap();
    assert_eq!(waiting.len(), 2, "the timeline learns of it");
}
