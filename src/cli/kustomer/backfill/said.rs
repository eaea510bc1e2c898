//! What is said of a run: before, after, and when it is broken off.

use std::time::Duration;

use indicatif::{HumanCount, HumanDuration};

use super::Desk;
use crate::cli::Failure;
use crate::provider::ProviderError;
use crate::push::kustomer::Trouble;
use crate::store::{BackfillRecord, Stock};
use crate::upkeep::backfill::{Plan, Stopped};

/// `1 object`, `50,000 objects`.
pub fn objects(count: u64) -> String {
    counted(count, "object")
}

fn counted(count: u64, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {what}{end}", HumanCount(count))
}

/// What it will take, and what it may start.
pub fn plan(desk: &Desk, plan: &Plan) {
    let org = &desk.org;
    let subscriptions = counted(plan.subscriptions, "subscription");
    anstream::println!("{subscriptions} to look at, for the timelines of the org `{org}`");
    anstream::println!(
        "  {} to make; what stands there already and says the same costs nothing",
        objects(plan.unknown)
    );
    anstream::println!(
        "  {} to Recharge, in the last lane of the token's budget",
        counted(plan.provider_calls, "request")
    );
    let (least, most) = (plan.least, plan.most);
    let requests = if least == most {
        counted(most, "request")
    } else {
        format!("{} to {}", HumanCount(least), counted(most, "request"))
    };
    anstream::println!(
        "  {requests} to Kustomer, at {} a minute: the more customers its search finds, the fewer",
        desk.per_minute
    );
    let (short, long) = (HumanDuration(plan.shortest), HumanDuration(plan.longest));
    let (short, long) = (short.to_string(), long.to_string());
    if short == long {
        anstream::println!("  about {short}");
    } else {
        anstream::println!("  {short} to {long}");
    }
    if desk.creates_customers {
        anstream::println!(
            "  customers whom Kustomer does not know are created (`create_customers` is on)"
        );
    } else {
        anstream::println!(
            "  customers whom Kustomer does not know are left out (`create_customers` is off)"
        );
    }
    anstream::println!(
        "every object that is made may start workflows of the org: those that begin with `kustomer.kobject.{}.create`",
        desk.klass
    );
    anstream::println!("look at them first, and try it with `--limit 10`");
}

/// A run that was broken off goes on.
pub fn goes_on(run: &BackfillRecord) {
    anstream::println!(
        "run {} of {} goes on: {} of {} are done",
        run.number,
        run.began_at.date_naive(),
        HumanCount(run.counts.looked_at),
        HumanCount(run.total)
    );
}

/// What came of it.
pub fn done(desk: &Desk, run: &BackfillRecord, took: Duration) {
    let counts = &run.counts;
    anstream::println!(
        "done: run {} looked at {} in {}",
        run.number,
        counted(counts.looked_at, "subscription"),
        HumanDuration(took)
    );
    anstream::println!("  {} made", objects(counts.made));
    let unknown = if desk.creates_customers {
        "of customers who could not be created in Kustomer"
    } else {
        "of customers whom Kustomer does not know, and `create_customers` is off"
    };
    for (count, what) in [
        (counts.written, "written anew"),
        (counts.same, "there already"),
        (
            counts.left,
            "left to the service, which is about to write them",
        ),
        (counts.nobody, unknown),
        (counts.no_address, "of customers without a mail address"),
        (counts.no_customer, "of no customer, at Recharge"),
        (counts.refused, "not accepted by Kustomer: the log says why"),
    ] {
        if count > 0 {
            anstream::println!("  {} {what}", HumanCount(count));
        }
    }
    if run.stock == Some(Stock::Unknown) {
        anstream::println!(
            "what stood there before could not be listed, so that each object was looked for, which takes long: a key with the role `org.permission.klass.read` can"
        );
    }
    if counts.made > 0 {
        anstream::println!(
            "to take it back: sidecard kustomer backfill --workspace {} --undo {}",
            desk.record.id,
            run.number
        );
    }
}

/// What an undoing removes.
pub fn undo(desk: &Desk, run: &BackfillRecord, count: u64) {
    anstream::println!(
        "run {} of {} made {} that stand on timelines of the org `{}`: they are removed",
        run.number,
        run.began_at.date_naive(),
        objects(count),
        desk.org
    );
    anstream::println!(
        "what stood there before it stays, and so do customers; a subscription that changes later gets an object again"
    );
}

/// How a run that was broken off goes on.
pub fn left(run: &BackfillRecord, again: &str) -> String {
    format!(
        "stopped: {} of {} are done, and nothing is lost\n  hint: go on with `{again}`",
        HumanCount(run.counts.looked_at),
        HumanCount(run.total)
    )
}

/// Why it has not come to its end, and what to do.
pub fn stopped(stopped: &Stopped, again: Option<&str>) -> Failure {
    let then = match again {
        Some(again) => format!("; go on with `{again}`"),
        None => String::new(),
    };
    let hint = match stopped {
        Stopped::Asked => "run it again",
        Stopped::Elsewhere => "let it come to its end, or stop it there",
        Stopped::Store(_) => "`sidecard check` looks at the store",
        Stopped::Provider { error, .. } => match error {
            ProviderError::Refused => "give the shop another token: `sidecard install token NAME`",
            ProviderError::Forbidden => {
                "the token needs the scopes `read_subscriptions` and `read_customers`"
            }
            ProviderError::Declined { .. } | ProviderError::NotFound => {
                "Recharge does not take the request; tell us what it says"
            }
            _ => "Recharge did not answer for some minutes; look at its status page",
        },
        Stopped::Helpdesk(trouble) => match trouble {
            Trouble::Refused => {
                "give the workspace another key: `sidecard workspace set ID --set-stdin api_key`"
            }
            Trouble::Forbidden => {
                "make a key with the roles of the workspace's set-up steps; a key's roles can't be changed"
            }
            Trouble::Redirected | Trouble::NotFound(_) => {
                "check the org's name, and `kustomer.base_url`"
            }
            _ => "Kustomer did not answer for some minutes; look at its status page",
        },
    };
    Failure::Failed(format!("{stopped}\n  hint: {hint}{then}"))
}
