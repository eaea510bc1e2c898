//! Customers, the klass, and the objects on timelines.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::talk::Client;
use super::trouble::Trouble;
use crate::domain::email::Email;

/// So many objects come with one page.
pub(super) const PAGE: &str = "100";

/// An object as it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// What it is found again by.
    pub external_id: String,
    /// The headline.
    pub title: String,
    /// The line below it.
    pub description: String,
    /// The typed attributes.
    pub custom: Map<String, Value>,
    /// Pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// When what it stands for began, as RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it was carried over from before, as RFC 3339: such ones don't count against a customer's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<String>,
}

/// An object as it is kept at Kustomer.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// What it is found by.
    pub external_id: Option<String>,
    /// Whose timeline it stands on. Agents may move it.
    pub customer: Option<String>,
    /// Its typed attributes.
    pub custom: Map<String, Value>,
}

impl Kept {
    pub(super) fn of(data: &Value) -> Result<Self, Trouble> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let attributes = &data["attributes"];
        Ok(Self {
            id: text(&data["id"]).ok_or(Trouble::Unreadable)?,
            external_id: text(&attributes["externalId"]),
            customer: text(&data["relationships"]["customer"]["data"]["id"]),
            custom: attributes["custom"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
        })
    }
}

/// A customer to create.
#[derive(Debug, Clone)]
pub struct NewCustomer<'a> {
    /// What they are called.
    pub name: Option<&'a str>,
    /// Where they get mail.
    pub email: &'a Email,
    /// What they are found again by.
    pub external_id: Option<&'a str>,
}

/// `None` where there is no such thing.
pub(super) fn perhaps<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Trouble::NotFound(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

impl Client {
    /// The roles of the key: any key may ask that, so it is the way to try one.
    pub async fn roles(&self) -> Result<Vec<String>, Trouble> {
        let path = ["auth", "tokens", "current"];
        let body = self.call(Method::GET, &path, &[], None).await?;
        let roles = body["data"]["attributes"]["roles"].as_array();
        let roles = roles.into_iter().flatten();
        Ok(roles
            .filter_map(|role| role.as_str().map(str::to_owned))
            .collect())
    }

    /// The id of the customer with this id, if they are there. Whether one who was merged into another is answered with that
    /// one's id is not established; it is believed. What can't be an id there is nobody's.
    pub async fn customer_by_id(&self, id: &str) -> Result<Option<String>, Trouble> {
        match self.customer(id).await {
            Err(Trouble::Invalid(..)) => Ok(None),
            found => found,
        }
    }

    /// The id of the customer with this address.
    pub async fn customer_by_email(&self, email: &Email) -> Result<Option<String>, Trouble> {
        self.customer(&format!("email={}", email.as_str())).await
    }

    /// The id of the customer with this external id.
    pub async fn customer_by_external_id(&self, id: &str) -> Result<Option<String>, Trouble> {
        self.customer(&format!("externalId={id}")).await
    }

    async fn customer(&self, which: &str) -> Result<Option<String>, Trouble> {
        let answer = self
            .call(Method::GET, &["customers", which], &[], None)
            .await;
        perhaps(answer)?.map(|body| id_of(&body)).transpose()
    }

    /// Creates a customer; returns the id.
    pub async fn create_customer(&self, new: &NewCustomer<'_>) -> Result<String, Trouble> {
        let mut body = json!({"emails": [{"email": new.email.as_str(), "type": "home"}]});
        if let Some(name) = new.name {
            body["name"] = name.into();
        }
        if let Some(id) = new.external_id {
            body["externalId"] = id.into();
        }
        let answer = self
            .call(Method::POST, &["customers"], &[], Some(&body))
            .await?;
        id_of(&answer)
    }

    /// The object with this external id.
    pub async fn object(&self, klass: &str, external_id: &str) -> Result<Option<Kept>, Trouble> {
        let which = format!("externalId={external_id}");
        let answer = self
            .call(Method::GET, &["klasses", klass, &which], &[], None)
            .await;
        perhaps(answer)?
            .map(|body| Kept::of(&body["data"]))
            .transpose()
    }

    /// Puts an object on a customer's timeline.
    pub async fn create_object(
        &self,
        klass: &str,
        customer: &str,
        object: &Object,
    ) -> Result<Kept, Trouble> {
        let path = ["customers", customer, "klasses", klass];
        let body = json!(object);
        let answer = self.call(Method::POST, &path, &[], Some(&body)).await?;
        Kept::of(&answer["data"])
    }

    /// Writes an object anew. All of it is written, so that it does not matter whether Kustomer joins or replaces.
    pub async fn update_object(
        &self,
        klass: &str,
        id: &str,
        object: &Object,
    ) -> Result<Kept, Trouble> {
        let body = json!(object);
        let answer = self
            .call(Method::PUT, &["klasses", klass, id], &[], Some(&body))
            .await?;
        Kept::of(&answer["data"])
    }

    /// Removes an object; `false` when it was gone already.
    pub async fn delete_object(&self, klass: &str, id: &str) -> Result<bool, Trouble> {
        let answer = self
            .call(Method::DELETE, &["klasses", klass, id], &[], None)
            .await;
        Ok(perhaps(answer)?.is_some())
    }

    /// All objects of a klass on a customer's timeline.
    pub async fn objects_of(&self, klass: &str, customer: &str) -> Result<Vec<Kept>, Trouble> {
        let path = ["customers", customer, "klasses", klass];
        let mut all = Vec::new();
        for page in 1_u32.. {
            let page = page.to_string();
            let query = [("page", page.as_str()), ("pageSize", PAGE)];
            let body = self.call(Method::GET, &path, &query, None).await?;
            let data = body["data"].as_array().ok_or(Trouble::Unreadable)?;
            for object in data {
                all.push(Kept::of(object)?);
            }
            if body["links"]["next"].is_null() || data.is_empty() {
                break;
            }
        }
        Ok(all)
    }

    /// The attributes that a klass knows.
    pub async fn attributes(&self, klass: &str) -> Result<Map<String, Value>, Trouble> {
        let kind = format!("kobject.{klass}");
        let body = self
            .call(Method::GET, &["metadata", &kind], &[], None)
            .await?;
        let data = &body["data"];
        let properties = [&data["attributes"]["properties"], &data["properties"]];
        let found = properties.into_iter().find_map(Value::as_object);
        found.cloned().ok_or(Trouble::Unreadable)
    }

    /// Makes a klass know these attributes besides those that it knows: `(name, what people call it)`. What is there is
    /// written back, so that it does not matter whether Kustomer joins or replaces.
    pub async fn add_attributes(
        &self,
        klass: &str,
        wanted: &[(&str, &str)],
    ) -> Result<(), Trouble> {
        let mut properties = self.attributes(klass).await?;
        for (name, shown) in wanted {
            properties
                .entry(*name)
                .or_insert_with(|| json!({ "displayName": shown }));
        }
        let kind = format!("kobject.{klass}");
        let body = json!({ "properties": properties });
        self.call(Method::PUT, &["metadata", &kind], &[], Some(&body))
            .await
            .map(drop)
    }
}

/// The id of the one thing in a body.
pub(super) fn id_of(body: &Value) -> Result<String, Trouble> {
    let id = body["data"]["id"].as_str();
    id.map(str::to_owned).ok_or(Trouble::Unreadable)
}
