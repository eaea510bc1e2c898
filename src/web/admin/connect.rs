//! Connecting a shop: read, checked, saved; or told what is wrong.

use actix_web::http::StatusCode;

use super::door::Call;
use super::form::Form;
use super::reply::{Answer, Failure, ok, page as reply_page, see, wrong};
use crate::connect::{Checked, FieldProblem, Proof, Rejected, ScopeState, Typed, Wanted, check};
use crate::domain::install::ShopProfile;
use crate::domain::secret::random_hex;
use crate::provider::{Need, ProviderError};
use crate::store::{InstallSettings, NewInstall, StoreError};
use crate::views::admin::text::connect as words;
use crate::views::admin::{Ask, Problem, Scope, Section, Trouble, connect as view};

/// The form.
pub async fn page(call: Call) -> Answer {
    ok(shown(&call, &Ask::default()))
}

/// What was typed.
pub async fn connect(call: Call, form: Form) -> Answer {
    let typed = Typed {
        shop: form.get("shop").to_owned(),
        name: form.get("name").to_owned(),
        token: form.secret("token"),
        client_secret: form.secret("client_secret"),
        contact: form.get("contact").to_owned(),
        ..Typed::default()
    };
    let ask = Ask {
        shop: &typed.shop,
        name: &typed.name,
        contact: &typed.contact,
        again: !typed.token.reveal().is_empty(),
        ..Ask::default()
    };
    match typed.read(&*call.admin.provider) {
        Ok(wanted) => attempt(&call, wanted, ask).await,
        Err(problems) => {
            let problems = told(problems);
            let ask = Ask {
                problems: &problems,
                ..ask
            };
            wrong(shown(&call, &ask))
        }
    }
}

/// What could not be checked a moment ago: once more, or as it is.
pub async fn held(call: Call, form: Form) -> Answer {
    let key = call.own(form.get("held"));
    let Some(wanted) = call.admin.unchecked.take(&key, call.now()) else {
        let problems = [Problem {
            field: "token".into(),
            message: words::HELD_TOO_LONG.to_owned(),
        }];
        let ask = Ask {
            problems: &problems,
            ..Ask::default()
        };
        return wrong(shown(&call, &ask));
    };
    if form.get("do") == "save" {
        if let Some(taken) = taken(&call, &wanted).await? {
            return again(&call, &wanted, vec![taken]);
        }
        return save(&call, wanted, None).await;
    }
    let (shop, name) = (wanted.shop.to_string(), wanted.name.to_string());
    let contact = wanted.contact.clone().unwrap_or_default();
    let ask = Ask {
        shop: &shop,
        name: if name == shop { "" } else { &name },
        contact: &contact,
        again: true,
        ..Ask::default()
    };
    attempt(&call, wanted, ask).await
}

async fn attempt(call: &Call, wanted: Wanted, ask: Ask<'_>) -> Answer {
    if let Some(taken) = taken(call, &wanted).await? {
        let problems = [taken];
        let ask = Ask {
            problems: &problems,
            ..ask
        };
        return wrong(shown(call, &ask));
    }
    let rejected = match check(&*call.admin.provider, &wanted).await {
        Ok(checked) => return save(call, wanted, Some(checked)).await,
        Err(rejected) => rejected,
    };
    let status = match &rejected {
        Rejected::NotAsked(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut trouble = trouble(rejected);
    if let Trouble::NotAsked { held, .. } = &mut trouble {
        let id = random_hex(8);
        call.admin.unchecked.put(call.own(&id), wanted, call.now());
        *held = Some(id);
    }
    let ask = Ask {
        trouble: Some(&trouble),
        ..ask
    };
    Ok(reply_page(status, shown(call, &ask)))
}

async fn taken(call: &Call, wanted: &Wanted) -> Result<Option<Problem>, Failure> {
    let there = call.admin.store.install(&wanted.name).await?;
    Ok(there.map(|_| name_taken(wanted)))
}

fn name_taken(wanted: &Wanted) -> Problem {
    Problem {
        field: "name".into(),
        message: words::taken(wanted.name.as_str()),
    }
}

fn again(call: &Call, wanted: &Wanted, problems: Vec<Problem>) -> Answer {
    let ask = Ask {
        shop: wanted.shop.as_str(),
        name: wanted.name.as_str(),
        contact: wanted.contact.as_deref().unwrap_or_default(),
        again: true,
        problems: &problems,
        ..Ask::default()
    };
    wrong(shown(call, &ask))
}

async fn save(call: &Call, wanted: Wanted, checked: Option<Checked>) -> Answer {
    let done = if checked.is_some() {
        "connected"
    } else {
        "unchecked"
    };
    let verified = checked
        .as_ref()
        .is_some_and(|checked| checked.proof == Proof::Proven);
    let (scopes, profile) = checked.map_or_else(
        || (Vec::new(), ShopProfile::default()),
        |checked| (checked.scopes, checked.profile),
    );
    let new = NewInstall {
        name: wanted.name.clone(),
        provider: call.admin.provider.name().to_owned(),
        shop: wanted.shop.clone(),
        settings: InstallSettings {
            contact: wanted.contact.clone(),
            customer_link: wanted.customer_link.clone(),
            subscription_link: wanted.subscription_link.clone(),
            shop_verified: verified,
            links_confirmed: false,
            scopes,
            profile,
        },
        token: wanted.token.clone(),
        client_secret: wanted.client_secret.clone(),
    };
    match call.admin.store.add_install(&new, call.now()).await {
        Ok(()) => {}
        // Somebody was faster.
        Err(StoreError::InstallExists(_)) => {
            return again(call, &wanted, vec![name_taken(&wanted)]);
        }
        Err(error) => return Err(error.into()),
    }
    let name = new.name.as_str();
    let detail = match (done, verified) {
        ("unchecked", _) => "not checked",
        (_, true) => "checked, shop verified",
        (_, false) => "checked, shop not verified",
    };
    call.note("install.add", ("install", name), detail).await?;
    let quotes = if wanted.was_quoted { "-unquoted" } else { "" };
    see(&format!("/admin/shops/{name}?done={done}{quotes}"))
}

fn shown(call: &Call, ask: &Ask<'_>) -> String {
    let scopes = scopes(call, None);
    let ask = Ask {
        scopes: &scopes,
        ..*ask
    };
    view(&call.shell(Section::Overview), &ask).into_string()
}

/// What cards need, and whether these scopes, if they are known, have it.
pub fn scopes(call: &Call, known: Option<&[String]>) -> Vec<Scope> {
    let all = call.admin.provider.scopes().iter();
    all.map(|scope| Scope {
        tick: scope.tick,
        needed: scope.need == Need::Needed,
        costs: scope.costs,
        has: known.map(|known| {
            known
                .iter()
                .any(|name| scope.names.contains(&name.as_str()))
        }),
    })
    .collect()
}

/// Problems as pages show them.
pub fn told(problems: Vec<FieldProblem>) -> Vec<Problem> {
    let problems = problems.into_iter();
    problems
        .map(|problem| Problem {
            field: problem.field.as_str().into(),
            message: problem.message,
        })
        .collect()
}

/// A refusal as pages show it.
pub fn trouble(rejected: Rejected) -> Trouble {
    match rejected {
        Rejected::Refused => Trouble::Refused,
        Rejected::OtherShop { typed, actual } => Trouble::OtherShop {
            typed: typed.to_string(),
            actual: actual.to_string(),
        },
        Rejected::TooLittle(states) => {
            Trouble::TooLittle(states.into_iter().map(scope_state).collect())
        }
        Rejected::NotAsked(error) => Trouble::NotAsked {
            what: error.label(),
            busy: matches!(error, ProviderError::RateLimited { .. }),
            held: None,
        },
    }
}

fn scope_state(state: ScopeState) -> Scope {
    Scope {
        tick: state.scope.tick,
        needed: state.scope.need == Need::Needed,
        costs: state.scope.costs,
        has: Some(state.has),
    }
}
