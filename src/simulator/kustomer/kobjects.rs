//! KObjects: what stands on a customer's timeline.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered};
use super::attributes;
use super::clock::stamp;
use super::customers::org_relationship;
use super::state::State;

/// One object.
#[derive(Debug, Clone)]
pub(super) struct KObject {
    pub(super) id: String,
    pub(super) klass: String,
    pub(super) customer: Option<String>,
    pub(super) rev: u64,
    pub(super) attributes: Map<String, Value>,
}

/// What may be written.
const FIELDS: [&str; 11] = [
    "title",
    "description",
    "externalId",
    "custom",
    "data",
    "images",
    "icon",
    "tags",
    "createdAt",
    "importedAt",
    "rev",
];
/// What may be written when it is made, and never again: its owner does not change.
const OWNERS: [&str; 2] = ["customer", "company"];

impl State {
    pub(super) fn resource(&self, object: &KObject) -> Value {
        let mut attributes = object.attributes.clone();
        attributes.insert("rev".to_owned(), object.rev.into());
        let klass = self.klasses.get(&object.klass);
        for (name, otherwise) in [
            (
                "icon",
                klass.map_or(Value::Null, |klass| klass.icon.clone()),
            ),
            ("images", json!([])),
            ("tags", json!([])),
            ("custom", json!({})),
        ] {
            attributes.entry(name).or_insert(otherwise);
        }
        let mut relationships = json!({
            "org": org_relationship(&self.choices.org_id),
            "klass": {
                "link": {"self": format!("/v1/klasses/{}", object.klass)},
                "data": {"type": "klass", "id": klass.map(|klass| klass.id.as_str())},
            },
        });
        if let Some(customer) = &object.customer {
            relationships["customer"] = json!({
                "links": {"self": format!("/v1/customers/{customer}")},
                "data": {"type": "customer", "id": customer},
            });
        }
        json!({
            "type": format!("kobject.{}", object.klass),
            "id": object.id,
            "attributes": attributes,
            "relationships": relationships,
            "links": {"self": format!("/v1/klasses/{}/{}", object.klass, object.id)},
        })
    }

    /// `externalId=…`, or an id.
    pub(super) fn kobject(&self, klass: &str, which: &str) -> Result<&KObject, Answer> {
        self.klass(klass)?;
        let (parameter, id) = match which.strip_prefix("externalId=") {
            Some(external) => {
                let key = (klass.to_owned(), external.to_owned());
                ("externalId", self.kobjects_by.get(&key))
            }
            None => ("id", None),
        };
        let id = id.map_or(which, String::as_str);
        let object = self.kobjects.get(id).filter(|o| o.klass == klass);
        object.ok_or_else(|| Answer::not_found(parameter))
    }

    pub(super) fn create_kobject(
        &mut self,
        klass: &str,
        owner: Option<&str>,
        body: &Value,
        now: DateTime<Utc>,
    ) -> Answered {
        let mut attributes = self.checked(klass, body, true)?;
        if !attributes.get("title").is_some_and(Value::is_string) {
            return Err(Answer::bad_parameter("title", "Required", "/title"));
        }
        let named = attributes.remove("customer");
        attributes.remove("company");
        let named = named.as_ref().and_then(Value::as_str);
        let customer = owner.or(named).map(str::to_owned);
        if let Some(customer) = &customer {
            self.customer(customer)?;
        }
        let external = attributes.get("externalId").and_then(Value::as_str);
        let key = external.map(|external| (klass.to_owned(), external.to_owned()));
        if let Some(key) = &key
            && self.choices.refuses_duplicates
            && self.kobjects_by.contains_key(key)
        {
            return Err(Answer::conflict("An object has this external id already"));
        }
        let imported = attributes.get("importedAt").is_some_and(|at| !at.is_null());
        if let Some(customer) = customer.as_ref().filter(|_| !imported) {
            let limit = self.choices.object_limit;
            let what = format!("creations on {customer}");
            if !self.limits.count(&what, limit, now).fits {
                return Err(Answer::too_many_requests());
            }
        }
        attributes.remove("rev");
        attributes
            .entry("createdAt")
            .or_insert_with(|| stamp(now).into());
        attributes.insert("updatedAt".to_owned(), stamp(now).into());
        let object = KObject {
            id: self.next_id(),
            klass: klass.to_owned(),
            customer,
            rev: 1,
            attributes,
        };
        if let Some(key) = key {
            self.kobjects_by.insert(key, object.id.clone());
        }
        if let Some(customer) = &object.customer {
            let of = (klass.to_owned(), customer.clone());
            self.kobjects_of
                .entry(of)
                .or_default()
                .push(object.id.clone());
        }
        self.events.fire(klass, "create", &object.id, now);
        let resource = self.resource(&object);
        self.kobjects.insert(object.id.clone(), object);
        Ok(Answer::created(resource))
    }

    /// `custom` is joined key by key, everything else replaced. A `rev` that is not the object's own is refused. Neither is
    /// established.
    pub(super) fn update_kobject(
        &mut self,
        klass: &str,
        id: &str,
        body: &Value,
        now: DateTime<Utc>,
    ) -> Answered {
        self.kobject(klass, id)?;
        let mut changed = self.checked(klass, body, false)?;
        let limit = self.choices.object_limit;
        let reading = self.limits.count(&format!("updates of {id}"), limit, now);
        let told = Some((reading.remaining, reading.limit));
        if !reading.fits {
            let mut refusal = Answer::too_many_requests();
            refusal.object = told;
            return Err(refusal);
        }
        let rev = changed.remove("rev").and_then(|rev| rev.as_u64());
        let object = self.kobjects.get_mut(id);
        let object = object.ok_or_else(|| Answer::not_found("id"))?;
        if rev.is_some_and(|rev| rev != object.rev) {
            return Err(Answer::conflict("The object has another revision"));
        }
        if let Some(Value::Object(custom)) = changed.remove("custom") {
            let kept = object.attributes.entry("custom");
            if let Value::Object(kept) = kept.or_insert_with(|| json!({})) {
                kept.extend(custom);
            }
        }
        if let Some(external) = changed.get("externalId").and_then(Value::as_str) {
            let key = (klass.to_owned(), external.to_owned());
            self.kobjects_by.insert(key, id.to_owned());
        }
        object.attributes.extend(changed);
        let at = stamp(now);
        object.attributes.insert("updatedAt".to_owned(), at.into());
        object.rev += 1;
        let object = object.clone();
        self.events.fire(klass, "update", id, now);
        let mut answer = Answer::ok(self.resource(&object));
        answer.object = told;
        Ok(answer)
    }

    pub(super) fn delete_kobject(&mut self, klass: &str, id: &str) -> Answered {
        self.kobject(klass, id)?;
        let Some(object) = self.kobjects.remove(id) else {
            return Err(Answer::not_found("id"));
        };
        let external = object.attributes.get("externalId").and_then(Value::as_str);
        if let Some(external) = external {
            let key = (klass.to_owned(), external.to_owned());
            if self.kobjects_by.get(&key).is_some_and(|other| other == id) {
                self.kobjects_by.remove(&key);
            }
        }
        if let Some(customer) = object.customer
            && let Some(list) = self.kobjects_of.get_mut(&(klass.to_owned(), customer))
        {
            list.retain(|other| other != id);
        }
        Ok(Answer::no_content())
    }

    /// The fields of a body, when all of them are known and fit.
    fn checked(&self, klass: &str, body: &Value, new: bool) -> Result<Map<String, Value>, Answer> {
        let klass = self.klass(klass)?;
        let fields = body.as_object();
        let fields = fields.ok_or_else(|| Answer::bad_request("The body must be an object"))?;
        for name in fields.keys() {
            let known = FIELDS.contains(&name.as_str()) || (new && OWNERS.contains(&name.as_str()));
            if !known {
                let title = "Additional properties not allowed";
                return Err(Answer::bad_parameter(name, title, "/additionalProperties"));
            }
        }
        if let Some(custom) = fields.get("custom") {
            let custom = custom.as_object();
            let custom = custom
                .ok_or_else(|| Answer::bad_parameter("custom", "Must be an object", "/custom"))?;
            attributes::check(custom, klass)?;
        }
        Ok(fields.clone())
    }
}
