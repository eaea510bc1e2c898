//! The registry of webhooks. Each belongs to the client of the token that made it.

use super::{Call, Told};
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::changes::Event;
use crate::simulator::recharge::json::Json;
use crate::simulator::recharge::topics;

/// Webhooks of one topic that a client may have. That there are ten is documented, how the eleventh is refused is not.
const MOST_OF_A_TOPIC: usize = 10;

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.require(&["address", "topic"])?;
    let address = address(call)?;
    let topic = topic(call)?;
    refuse_too_many(call, topic)?;
    let included = match call.body.member("included_objects") {
        list @ Json::List(_) => list,
        _ => Json::List(Vec::new()),
    };
    let id = call.change.add(
        "webhooks",
        Json::object([
            ("address", Json::from(address)),
            ("included_objects", included),
            ("topic", Json::from(topic)),
        ]),
    );
    if let Some(token) = call.token {
        call.change.tables.clients.own(id, token);
    }
    Ok(call.answer(201, "webhook", "webhooks", id))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut webhook = target(call)?;
    if call.body.get("address").is_some() {
        webhook.set("address", address(call)?);
    }
    if call.body.get("topic").is_some() {
        let topic = topic(call)?;
        if webhook.get("topic").and_then(Json::as_str) != Some(topic) {
            refuse_too_many(call, topic)?;
        }
        webhook.set("topic", topic);
    }
    if let Some(list @ Json::List(_)) = call.body.get("included_objects") {
        webhook.set("included_objects", list.clone());
    }
    // A webhook carries no stamp.
    call.change.tables.insert("webhooks", call.id, webhook);
    Ok(call.answer(200, "webhook", "webhooks", call.id))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    target(call)?;
    call.change.remove("webhooks", call.id);
    Ok(Answer::no_content())
}

/// Sends the webhook's address what it is for. What Recharge sends then, and answers with, is not recorded. Here it is
/// the newest object of the topic as it is now, or one with the id 0 when there is none; a deletion is of the id 0, which
/// nothing has.
pub(super) fn test(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let webhook = target(call)?;
    let topic = webhook.get("topic").and_then(Json::as_str);
    let Some((topic, _)) = topic.and_then(topics::known) else {
        return Err(Answer::not_found());
    };
    let newest = topics::collection(topic)
        .filter(|_| !topic.ends_with("/deleted"))
        .and_then(|collection| call.change.tables.all(collection).last())
        .map(|(id, object)| (id, object.clone()));
    let (id, object) = newest.unwrap_or_else(|| (0, Json::object([("id", Json::from(0))])));
    call.told.push(Told {
        webhook: call.id,
        event: Event { topic, id, object },
    });
    Ok(Answer::ok(&Json::Object(Vec::new())))
}

fn target(call: &Call<'_>) -> Result<Json, Answer> {
    let webhook = call.target("webhooks")?;
    if call.change.tables.clients.owns(call.token, call.id) {
        Ok(webhook)
    } else {
        Err(Answer::not_found())
    }
}

/// The words are not recorded.
fn address(call: &Call<'_>) -> Result<String, Answer> {
    let text = call.body.get("address").and_then(Json::as_str);
    let known = text.and_then(|text| reqwest::Url::parse(text).ok());
    let known = known.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    match (text, known) {
        (Some(text), Some(_)) => Ok(text.to_owned()),
        _ => Err(Answer::invalid("address", "Not a valid URL.")),
    }
}

/// A topic that exists and that the token may read of.
fn topic(call: &Call<'_>) -> Result<&'static str, Answer> {
    let text = call.body.get("topic").and_then(Json::as_str);
    let (topic, scope) = text
        .and_then(topics::known)
        .ok_or_else(|| Answer::invalid("topic", "Not a valid topic."))?;
    if call.token.is_some_and(|token| !token.may(scope)) {
        return Err(Answer::missing_scope());
    }
    Ok(topic)
}

fn refuse_too_many(call: &Call<'_>, topic: &str) -> Result<(), Answer> {
    let tables = &call.change.tables;
    let same = tables.all("webhooks").filter(|(id, webhook)| {
        webhook.get("topic").and_then(Json::as_str) == Some(topic)
            && tables.clients.owns(call.token, *id)
    });
    if same.count() >= MOST_OF_A_TOPIC {
        let message = format!("Only {MOST_OF_A_TOPIC} webhooks of one topic are allowed.");
        return Err(Answer::invalid("topic", message));
    }
    Ok(())
}
