//! Many things with one call: objects of a klass a page at a time, and customers by their addresses.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::objects::{Kept, PAGE};
use super::talk::Client;
use super::trouble::Trouble;
use crate::domain::email::{Email, EmailKey};

/// So many addresses one search asks about. How many it may is not established.
pub const MOST_ADDRESSES: usize = 100;
/// Rows of one search; 500 is the most.
const ROWS: &str = "500";

/// Objects of a klass.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectsPage {
    /// Some of them.
    pub objects: Vec<Kept>,
    /// Whether there are more.
    pub has_more: bool,
}

impl Client {
    /// A page of all objects of a klass, the first being 1. That this list is paged as others are is not established.
    pub async fn objects_page(&self, klass: &str, page: u32) -> Result<ObjectsPage, Trouble> {
        let page = page.to_string();
        let query = [("page", page.as_str()), ("pageSize", PAGE)];
        let path = ["klasses", klass];
        let body = self.call(Method::GET, &path, &query, None).await?;
        let data = body["data"].as_array().ok_or(Trouble::Unreadable)?;
        Ok(ObjectsPage {
            objects: data.iter().map(Kept::of).collect::<Result<_, _>>()?,
            has_more: !body["links"]["next"].is_null() && !data.is_empty(),
        })
    }

    /// The ids of the customers who have these addresses, as far as a search tells: it knows nothing of the last minute, nor
    /// of customers who have not changed for two years, so that who is not among them may be there all the same. Who shares
    /// an address is left out.
    pub async fn customers_by_emails(
        &self,
        emails: &[Email],
    ) -> Result<HashMap<EmailKey, String>, Trouble> {
        let conditions: Vec<Value> = emails
            .iter()
            .map(|email| json!({"customer_email": {"equals": email.as_str()}}))
            .collect();
        let body = json!({"queryContext": "customer", "and": [], "or": conditions});
        let query = [("pageSize", ROWS)];
        let path = ["customers", "search"];
        let answer = self.call(Method::POST, &path, &query, Some(&body)).await?;
        let data = answer["data"].as_array().ok_or(Trouble::Unreadable)?;
        let mut found: HashMap<EmailKey, Option<String>> = HashMap::new();
        for customer in data {
            let Some(id) = customer["id"].as_str() else {
                continue;
            };
            // That rows have addresses is what a public client reads; without them they lead to nobody.
            let addresses = customer["attributes"]["emails"].as_array();
            for address in addresses.into_iter().flatten() {
                let address = address["email"].as_str().and_then(|a| Email::parse(a).ok());
                let Some(email) = address else { continue };
                let only = found
                    .entry(email.key())
                    .or_insert_with(|| Some(id.to_owned()));
                if only.as_deref() != Some(id) {
                    *only = None;
                }
            }
        }
        let only = found.into_iter();
        Ok(only.filter_map(|(key, id)| Some((key, id?))).collect())
    }
}
