//! Customers.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered};
use super::clock::stamp;
use super::state::State;

/// A customer, by its attributes.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) id: String,
    /// The org that it belongs to.
    org: String,
    pub(super) attributes: Map<String, Value>,
}

impl Customer {
    pub(super) fn resource(&self) -> Value {
        json!({
            "type": "customer",
            "id": self.id,
            "attributes": self.attributes,
            "relationships": {"org": org_relationship(&self.org)},
            "links": {"self": format!("/v1/customers/{}", self.id)},
        })
    }

    /// Its addresses, lower-case.
    fn emails(&self) -> Vec<String> {
        let emails = self.attributes.get("emails").and_then(Value::as_array);
        let emails = emails.into_iter().flatten();
        emails
            .filter_map(|entry| entry["email"].as_str())
            .map(str::to_lowercase)
            .collect()
    }

    fn external_id(&self) -> Option<String> {
        let id = self.attributes.get("externalId")?.as_str()?;
        Some(format!("externalId={id}"))
    }
}

/// The relationship that every resource has to its org.
pub(super) fn org_relationship(org: &str) -> Value {
    json!({
        "links": {"self": format!("/v1/orgs/{org}")},
        "data": {"type": "org", "id": org},
    })
}

/// What a customer may be created with.
const FIELDS: [&str; 17] = [
    "name",
    "externalId",
    "externalIds",
    "emails",
    "phones",
    "sharedEmails",
    "sharedPhones",
    "sharedExternalIds",
    "locations",
    "urls",
    "tags",
    "locale",
    "timeZone",
    "custom",
    "company",
    "createdAt",
    "importedAt",
];

impl State {
    /// `email=…`, `externalId=…`, or an id. Whether an email is found whatever its case is not established: it is, here.
    pub(super) fn customer(&self, which: &str) -> Result<&Customer, Answer> {
        let (parameter, id) = if let Some(email) = which.strip_prefix("email=") {
            ("email", self.customers_by.get(&email.to_lowercase()))
        } else if which.starts_with("externalId=") {
            ("externalId", self.customers_by.get(which))
        } else {
            return self
                .customers
                .get(which)
                .ok_or_else(|| Answer::not_found("id"));
        };
        id.and_then(|id| self.customers.get(id))
            .ok_or_else(|| Answer::not_found(parameter))
    }

    pub(super) fn create_customer(&mut self, body: &Value, now: DateTime<Utc>) -> Answered {
        let body = body.as_object();
        let body = body.ok_or_else(|| Answer::bad_request("The body must be an object"))?;
        if let Some(unknown) = body.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            let title = "Additional properties not allowed";
            return Err(Answer::bad_parameter(
                unknown,
                title,
                "/additionalProperties",
            ));
        }
        let mut attributes = body.clone();
        attributes
            .entry("createdAt")
            .or_insert_with(|| stamp(now).into());
        attributes.insert("updatedAt".to_owned(), stamp(now).into());
        let customer = Customer {
            id: self.next_id(),
            org: self.choices.org_id.clone(),
            attributes,
        };
        let keys: Vec<String> = customer
            .emails()
            .into_iter()
            .chain(customer.external_id())
            .collect();
        let taken = keys.iter().any(|key| self.customers_by.contains_key(key));
        if taken && self.choices.refuses_duplicates {
            return Err(Answer::conflict("A customer has this already"));
        }
        for key in keys {
            self.customers_by.insert(key, customer.id.clone());
        }
        let resource = customer.resource();
        self.customers.insert(customer.id.clone(), customer);
        Ok(Answer::created(resource))
    }

    /// Gives an address to another customer, as when agents merge or split.
    pub(super) fn move_email(&mut self, email: &str, to: &str) {
        let email = email.to_lowercase();
        let mut moved = None;
        for customer in self.customers.values_mut() {
            if let Some(Value::Array(emails)) = customer.attributes.get_mut("emails") {
                let is = |e: &Value| {
                    e["email"]
                        .as_str()
                        .is_some_and(|e| e.to_lowercase() == email)
                };
                moved = emails.iter().find(|e| is(e)).cloned().or(moved);
                emails.retain(|e| !is(e));
            }
        }
        let entry = moved.unwrap_or_else(|| json!({"email": email, "type": "home"}));
        if let Some(customer) = self.customers.get_mut(to) {
            let emails = customer.attributes.entry("emails");
            if let Value::Array(emails) = emails.or_insert_with(|| json!([])) {
                emails.push(entry);
            }
            self.customers_by.insert(email, to.to_owned());
        }
    }
}
