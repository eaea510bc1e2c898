//! For the platform, on an address of its own: metrics, and in which state everything is.
//!
//! Names of installs appear here, which is why it is not the address that helpdesks reach. Nothing of a person does.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

use super::{Readiness, headers, looking, nothing_here};
use crate::lookup::{Lookups, Priority};
use crate::store::{OutboxDepth, Store, StoreError};
use crate::telemetry::{CONTENT_TYPE, Metrics, Reading};
use crate::views::json::{InstallState, State};

/// What these pages need.
pub struct Ops {
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is read when a page is asked for.
    pub lookups: Lookups,
    /// Read for the depths of inbox and outbox.
    pub store: Store,
    /// Whether requests are still welcome.
    pub readiness: Readiness,
}

/// Their routes.
pub fn routes(ops: Data<Ops>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(ops).service(
            web::scope("")
                .wrap(from_fn(headers))
                .route("/metrics", looking().to(metrics))
                .route("/readyz", looking().to(ready))
                .default_service(web::to(nothing_here)),
        );
    }
}

async fn metrics(ops: Data<Ops>) -> HttpResponse {
    let mut readings = readings(&ops.lookups);
    let inbox = inbox(&ops.store).await.map(Vec::from);
    readings.extend(inbox.unwrap_or_else(|error| {
        tracing::error!(%error, "the inbox can't be measured");
        Vec::new()
    }));
    let outbox = outbox(&ops.store).await.map(Vec::from);
    readings.extend(outbox.unwrap_or_else(|error| {
        tracing::error!(%error, "the outbox can't be measured");
        Vec::new()
    }));
    match ops.metrics.page(readings) {
        Ok(page) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(page),
        Err(error) => {
            tracing::error!(%error, "metrics can't be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// What merely is. A new gauge is one more entry here.
fn readings(lookups: &Lookups) -> Vec<Reading> {
    let (budgets, open) = (lookups.rate_limiters(), lookups.open_circuits());
    let of = |name: &str| vec![("install", name.to_owned())];
    let one = |value: usize| vec![(Vec::new(), value as f64)];
    let (subjects, customers) = lookups.cache();
    let kinds = |values: [u64; 2]| {
        ["subjects", "customers"]
            .into_iter()
            .zip(values)
            .map(|(kind, value)| (vec![("kind", kind.to_owned())], value as f64))
            .collect()
    };
    vec![
        Reading {
            name: "budget_level",
            help: "Calls in the bucket of an install's token",
            values: budgets
                .iter()
                .map(|(name, budget)| (of(name.as_str()), budget.level))
                .collect(),
        },
        Reading {
            name: "budget_capacity",
            help: "Calls that fit into the bucket",
            values: budgets
                .iter()
                .map(|(name, budget)| (of(name.as_str()), budget.capacity))
                .collect(),
        },
        Reading {
            name: "budget_waiting",
            help: "Rounds of calls that stand in line",
            values: budgets
                .iter()
                .flat_map(|(name, budget)| {
                    Priority::ALL
                        .into_iter()
                        .zip(budget.waiting)
                        .map(|(priority, waiting)| {
                            let mut labels = of(name.as_str());
                            labels.push(("lane", priority.as_str().to_owned()));
                            (labels, waiting as f64)
                        })
                })
                .collect(),
        },
        Reading {
            name: "circuit_open",
            help: "1 for an install whose provider does not answer",
            values: budgets
                .iter()
                .map(|(name, _)| {
                    let is_open = open.contains(name);
                    (of(name.as_str()), f64::from(u8::from(is_open)))
                })
                .collect(),
        },
        Reading {
            name: "flights",
            help: "Fetches under way",
            values: one(lookups.fetching()),
        },
        Reading {
            name: "flight_callers",
            help: "Callers who wait for a fetch",
            values: one(lookups.waiting()),
        },
        Reading {
            name: "tasks",
            help: "Tasks of the runtime that fetches run on",
            values: one(lookups.tasks()),
        },
        Reading {
            name: "cache_entries",
            help: "What memory holds",
            values: kinds([subjects.entries, customers.entries]),
        },
        Reading {
            name: "cache_bytes",
            help: "About how many bytes that takes",
            values: kinds([subjects.bytes, customers.bytes]),
        },
    ]
}

/// The hooks that came in and are not applied.
async fn inbox(store: &Store) -> Result<[Reading; 2], StoreError> {
    let waiting = Reading {
        name: "hooks_waiting",
        help: "Hooks that are stored and not yet applied",
        values: vec![(Vec::new(), store.inbox_depth().await? as f64)],
    };
    let parked = store.parked().await?.into_iter().map(|hooks| {
        let labels = vec![
            ("install", hooks.install.as_str().to_owned()),
            ("topic", hooks.topic),
            ("reason", hooks.reason),
        ];
        (labels, hooks.count as f64)
    });
    let parked = Reading {
        name: "hooks_parked",
        help: "Hooks that can't be applied",
        values: parked.collect(),
    };
    Ok([waiting, parked])
}

/// What is to be told to helpdesks and is not, by workspace.
async fn outbox(store: &Store) -> Result<[Reading; 2], StoreError> {
    let depths = store.outbox_workspaces().await?;
    let of = |count: fn(&OutboxDepth) -> u64| {
        let values = depths.iter().map(|(id, depth)| {
            let labels = vec![("workspace", id.as_str().to_owned())];
            (labels, count(depth) as f64)
        });
        values.collect()
    };
    Ok([
        Reading {
            name: "outbox_waiting",
            help: "Changes that wait to be told to a helpdesk",
            values: of(|depth| depth.waiting),
        },
        Reading {
            name: "outbox_parked",
            help: "Changes that a helpdesk did not take",
            values: of(|depth| depth.parked),
        },
    ])
}

/// In which state everything is. Only the store, and the end, make it unready: that a provider is down is no reason to
/// take the last known cards away as well.
async fn ready(ops: Data<Ops>) -> HttpResponse {
    let store = ops.store.changes().await.is_ok();
    let open = ops.lookups.open_circuits();
    let refused = ops.lookups.rejected_installs();
    let budgets = ops.lookups.rate_limiters();
    let names = budgets
        .iter()
        .map(|(name, _)| name)
        .chain(&open)
        .chain(&refused);
    let names: std::collections::BTreeSet<_> = names.collect();
    let installs = names.into_iter().map(|name| {
        let budget = ops.lookups.rate_limiter(name);
        InstallState {
            install: name.as_str(),
            answers: !open.contains(name),
            accepted: !refused.contains(name),
            calls: budget.map(|budget| budget.level),
            capacity: budget.map(|budget| budget.capacity),
            waiting: budget.map(|budget| budget.waiting.iter().sum()),
        }
    });
    let is_ready = ops.readiness.is_ready() && store;
    let state = State {
        ready: is_ready,
        ending: !ops.readiness.is_ready(),
        store,
        installs: installs.collect(),
    };
    let mut response = if is_ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .content_type("application/json")
        .body(state.to_json())
}
