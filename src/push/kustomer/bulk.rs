//! Many objects with one call. Kustomer makes them later; whether it is done is asked for.

use reqwest::Method;
use serde_json::{Value, json};

use super::objects::{Object, id_of};
use super::talk::Client;
use super::trouble::{Complaint, Trouble};

/// As many objects as one call takes.
pub const MOST: usize = 100;

/// What became of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Its external id.
    pub external_id: String,
    /// Its id, or what was wrong with it; neither when Kustomer told the number of objects alone.
    pub result: Option<Result<String, Complaint>>,
}

impl Client {
    /// Begins to put objects on timelines, each with its customer; returns what to ask for. It is no upsert: an object
    /// that is there must not be among them.
    pub async fn create_in_bulk(
        &self,
        klass: &str,
        objects: &[(&str, Object)],
    ) -> Result<String, Trouble> {
        let items: Vec<Value> = objects
            .iter()
            .map(|(customer, object)| {
                let mut item = json!(object);
                item["customer"] = (*customer).into();
                item["_clientRef"] = object.external_id.clone().into();
                item
            })
            .collect();
        let body = Value::Array(items);
        let answer = self
            .call(Method::POST, &["klasses", klass, "bulk"], &[], Some(&body))
            .await?;
        id_of(&answer)
    }

    /// Begins to remove objects; returns what to ask for.
    pub async fn delete_in_bulk(&self, klass: &str, ids: &[&str]) -> Result<String, Trouble> {
        let ids = ids.join(",");
        let query = [("ids", ids.as_str())];
        let answer = self
            .call(Method::DELETE, &["klasses", klass, "bulk"], &query, None)
            .await?;
        id_of(&answer)
    }

    /// Whether it is done.
    pub async fn is_bulk_done(&self, id: &str) -> Result<bool, Trouble> {
        let body = self.call(Method::GET, &["bulk", id], &[], None).await?;
        let status = body["data"]["attributes"]["status"].as_str();
        Ok(status.ok_or(Trouble::Unreadable)? == "complete")
    }

    /// What became of the objects, as far as Kustomer tells it one by one. `results` is newer than the rest of the answer;
    /// where it is missing, the objects have to be looked for by their external ids.
    pub async fn bulk_results(&self, id: &str) -> Result<Vec<Done>, Trouble> {
        let path = ["bulk", id, "batches"];
        let body = self.call(Method::GET, &path, &[], None).await?;
        let batches = body["data"].as_array().ok_or(Trouble::Unreadable)?;
        let mut all = Vec::new();
        for batch in batches {
            let results = batch["attributes"]["results"].as_array();
            for result in results.into_iter().flatten() {
                let Some(external_id) = result["_clientRef"].as_str() else {
                    continue;
                };
                let error = &result["error"];
                let outcome = match result["id"].as_str() {
                    Some(id) => Some(Ok(id.to_owned())),
                    None if error.is_null() => None,
                    None => Some(Err(Complaint::of(&json!({ "errors": [error] })))),
                };
                all.push(Done {
                    external_id: external_id.to_owned(),
                    result: outcome,
                });
            }
        }
        Ok(all)
    }
}
