//! The customers that a simulator begins with.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::options::Data;

const FIXTURES: &str = include_str!("../../../fixtures/kustomer/customers.json");

/// Why the data can't be served.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file can't be read.
    #[error("cannot read: `{path}`: {source}\n  hint: name a folder that holds `customers.json`")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error(
        "not a list of customers: {0}\n  hint: write {{\"customers\":[{{\"name\":\"…\",\"emails\":[\"…\"]}}]}}"
    )]
    Form(String),
}

/// Bodies to create customers with.
pub(super) fn load(data: &Data) -> Result<Vec<Value>, DataError> {
    let read;
    let text = match data {
        Data::Fixtures => FIXTURES,
        Data::Text(text) => text,
        Data::Folder(folder) => {
            let path = folder.join("customers.json");
            read = std::fs::read_to_string(&path)
                .map_err(|source| DataError::Unreadable { path, source })?;
            &read
        }
    };
    let value: Value =
        serde_json::from_str(text).map_err(|error| DataError::Form(error.to_string()))?;
    let customers = value["customers"].as_array();
    let customers = customers.ok_or_else(|| DataError::Form("no `customers`".to_owned()))?;
    customers.iter().map(body).collect()
}

fn body(written: &Value) -> Result<Value, DataError> {
    let wrong = || DataError::Form(format!("not a customer: {written}"));
    let name = written["name"].as_str().ok_or_else(wrong)?;
    let emails = written["emails"].as_array().ok_or_else(wrong)?;
    let emails: Vec<Value> = emails
        .iter()
        .map(|email| json!({"email": email, "type": "home", "verified": true}))
        .collect();
    let mut body = json!({"name": name, "emails": emails});
    if let Some(id) = written["externalId"].as_str() {
        body["externalId"] = id.into();
    }
    Ok(body)
}
