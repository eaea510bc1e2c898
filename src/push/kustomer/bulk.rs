//! Many objects with one call. Kustomer makes them later; whether it is done is asked for.

use std::collections::{HashMap, HashSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::objects::{Object, id_of};
use super::talk::Client;
use super::trouble::{Complaint, Trouble};

/// As many objects as one call takes.
pub const MOST: usize = 100;

/// What became of the objects, as far as Kustomer tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    /// One by one, by their external ids: the object's id, or what was wrong with it.
    pub each: HashMap<String, Result<String, Complaint>>,
    /// The ids of all objects that it was done to.
    pub ids: HashSet<String>,
}

impl Client {
    /// Begins to put objects on timelines, each with its customer; returns what to ask for. It is no upsert: an object
    /// that is there must not be among them.
    pub async fn create_in_bulk(
        &self,
        klass: &str,
        objects: &[(&str, &Object)],
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

    /// Begins to write objects anew, each by its id; returns what to ask for. All of each is written.
    pub async fn update_in_bulk(
        &self,
        klass: &str,
        objects: &[(&str, &Object)],
    ) -> Result<String, Trouble> {
        let items = objects.iter().map(|(id, object)| {
            let mut item = json!(object);
            item["id"] = (*id).into();
            item
        });
        let body = Value::Array(items.collect());
        let answer = self
            .call(Method::PUT, &["klasses", klass, "bulk"], &[], Some(&body))
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

    /// What became of the objects. `results` is newer than the rest of the answer: where it is missing, `objectIds` says to
    /// which it was done, and those that were made have to be looked for by their external ids.
    pub async fn bulk_results(&self, id: &str) -> Result<Done, Trouble> {
        let path = ["bulk", id, "batches"];
        let body = self.call(Method::GET, &path, &[], None).await?;
        let batches = body["data"].as_array().ok_or(Trouble::Unreadable)?;
        let mut done = Done::default();
        for batch in batches {
            let said = &batch["attributes"];
            let ids = said["objectIds"].as_array().into_iter().flatten();
            done.ids
                .extend(ids.filter_map(|id| Some(id.as_str()?.to_owned())));
            for result in said["results"].as_array().into_iter().flatten() {
                let id = result["id"].as_str().map(str::to_owned);
                done.ids.extend(id.clone());
                let Some(external_id) = result["_clientRef"].as_str() else {
                    continue;
                };
                let error = &result["error"];
                let outcome = match id {
                    Some(id) => Ok(id),
                    None if error.is_null() => continue,
                    None => Err(Complaint::of(&json!({ "errors": [error] }))),
                };
                done.each.insert(external_id.to_owned(), outcome);
            }
        }
        Ok(done)
    }
}
