//! A shop's token: checked again, or replaced by one that is proven first.

use actix_web::http::StatusCode;

use super::connect::{told, trouble};
use super::door::Call;
use super::form::Form;
use super::reply::{Answer, page as reply_page, see, wrong};
use super::shop::{Extra, address, record, shown};
use crate::connect::{Field, Proof, Rejected, Typed, Wanted, check};
use crate::store::{InstallRecord, InstallSettings};
use crate::upkeep::leave_token;
use crate::views::admin::text::shop as words;

/// Asks the provider once more.
pub async fn check_again(call: Call, _: Form) -> Answer {
    let record = record(&call).await?;
    // One that can't be opened can't be asked about: the page says what to do.
    let Ok(token) = &record.token else {
        return see(&address(&record, ""));
    };
    let wanted = Wanted {
        shop: record.shop.clone(),
        name: record.name.clone(),
        token: token.clone(),
        client_secret: None,
        contact: None,
        customer_link: None,
        subscription_link: None,
        was_quoted: false,
    };
    let checked = check(&*call.admin.provider, &wanted).await;
    let (store, name) = (&call.admin.store, &record.name);
    let said = match &checked {
        Ok(_) => "accepted",
        Err(Rejected::Refused) => "refused",
        Err(Rejected::OtherShop { .. }) => "another shop's",
        Err(Rejected::TooLittle(_)) => "may do too little",
        Err(Rejected::NotAsked(error)) => error.label(),
    };
    call.note("install.check", ("install", name.as_str()), said)
        .await?;
    match checked {
        Ok(checked) => {
            store
                .set_install(name, call.now(), |settings| {
                    let is_proven = checked.proof == Proof::Proven;
                    settings.learn(checked.scopes, checked.profile, is_proven);
                })
                .await?;
            store.mark_ok(name).await?;
            see(&address(&record, "checked"))
        }
        Err(Rejected::Refused) => {
            store.mark_reconnect(name, call.now()).await?;
            with(&call, words::CHECK_REFUSED, None).await
        }
        Err(Rejected::NotAsked(error)) => with(&call, &words::not_asked(error.label()), None).await,
        Err(Rejected::OtherShop { typed, actual }) => {
            let doubt = |settings: &mut InstallSettings| {
                settings.shop_verified = false;
                settings.links_confirmed = false;
            };
            store.set_install(name, call.now(), doubt).await?;
            with(
                &call,
                &words::check_other_shop(typed.as_str(), actual.as_str()),
                None,
            )
            .await
        }
        Err(rejected) => with(&call, "", Some(rejected)).await,
    }
}

/// A new token, once it is proven; until then the old one stays.
pub async fn replace(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let typed = Typed {
        shop: record.shop.to_string(),
        name: record.name.to_string(),
        token: form.secret("token"),
        client_secret: form.secret("client_secret"),
        ..Typed::default()
    };
    let wanted = match typed.read(&*call.admin.provider) {
        Ok(wanted) => wanted,
        Err(mut problems) => {
            problems.retain(|p| matches!(p.field, Field::Token | Field::ClientSecret));
            let extra = Extra {
                problems: &told(problems),
                ..Extra::default()
            };
            return wrong(shown(&call, &record, extra).await?);
        }
    };
    let checked = match check(&*call.admin.provider, &wanted).await {
        Ok(checked) => checked,
        Err(rejected) => return with(&call, "", Some(rejected)).await,
    };
    let (store, name, now) = (&call.admin.store, &record.name, call.now());
    // What could not be removed ends with the old token, or by itself.
    leave_token(store, &*call.admin.provider, &record, &wanted.token).await?;
    store
        .replace_token(
            name,
            &wanted.token,
            wanted.client_secret.as_ref(),
            now,
            |settings| {
                let is_proven = checked.proof == Proof::Proven;
                settings.learn_anew(checked.scopes, checked.profile, is_proven);
            },
        )
        .await?;
    let detail = match wanted.client_secret {
        Some(_) => "token and client secret",
        None => "token",
    };
    call.note("install.token", ("install", name.as_str()), detail)
        .await?;
    let done = if wanted.was_quoted {
        "token-unquoted"
    } else {
        "token"
    };
    see(&address(&record, done))
}

/// The page as it is now, with what was said.
async fn with(call: &Call, said: &str, rejected: Option<Rejected>) -> Answer {
    let record: InstallRecord = record(call).await?;
    let status = match &rejected {
        Some(Rejected::NotAsked(_)) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let trouble = rejected.map(trouble);
    let extra = Extra {
        said: (!said.is_empty()).then_some(said),
        trouble: trouble.as_ref(),
        ..Extra::default()
    };
    Ok(reply_page(status, shown(call, &record, extra).await?))
}
