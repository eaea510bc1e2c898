//! Loads the data: many list bodies, joined by id.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::fixtures;
use super::json::Json;
use super::options::Data;
use super::tables::{Tables, collection, id_of};
use super::tokens::Token;

/// Why the data cannot be served. Every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder cannot be read.
    #[error("cannot read: `{}`: {source}\n  hint: give a folder that exists and may be read", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// There is nothing below the folder that the simulator knows.
    #[error("no data file below: `{}`\n  hint: name the files as their list, such as `customers.json`", .0.display())]
    Nothing(PathBuf),
    /// A body was given under a name that the simulator does not know.
    #[error("unknown data file: `{0}`\n  hint: name it as its list, such as `customers.json`")]
    Unknown(String),
    /// A file is not JSON.
    #[error(
        "not valid JSON: `{file}`: {source}\n  hint: correct it, or take the file out of the folder"
    )]
    Json {
        /// The file.
        file: String,
        /// Where and why reading stopped.
        source: serde_json::Error,
    },
    /// A file is JSON, but not the API's own list body.
    #[error("not a list body: `{file}`\n  hint: write it as the API answers: `{{\"{name}\":{}}}`", if *name == "store" { "{…}" } else { "[…]" })]
    Shape {
        /// The file.
        file: String,
        /// The member that is missing or of another type.
        name: &'static str,
    },
    /// An object has no id to be known by.
    #[error(
        "object without an integer id: `{file}`, number {position}\n  hint: give each object of `{name}` its `id`"
    )]
    NoId {
        /// The file.
        file: String,
        /// The list.
        name: &'static str,
        /// Which object of the list, the first being 1.
        position: usize,
    },
    /// Two objects of one collection have the same id.
    #[error("id twice in `{name}`: {id}\n  hint: it is in `{first}` and in `{second}`; keep one")]
    Twice {
        /// The collection.
        name: &'static str,
        /// The id; for a token its name, for a store nothing.
        id: String,
        /// The file that was read first.
        first: String,
        /// The file that was read second.
        second: String,
    },
}

/// One body and the file it came from.
struct Source {
    file: String,
    name: &'static str,
    text: String,
}

/// Reads all the data into tables.
pub(super) fn load(data: &Data) -> Result<Tables, DataError> {
    let sources = match data {
        Data::Fixtures => named(
            fixtures::FILES
                .iter()
                .map(|(f, t)| (f.to_string(), t.to_string())),
        )?,
        Data::Bodies(bodies) => named(bodies.iter().cloned())?,
        Data::Folder(folder) => {
            let mut found = Vec::new();
            walk(folder, &mut found)?;
            if found.is_empty() {
                return Err(DataError::Nothing(folder.clone()));
            }
            found
        }
    };
    let mut loader = Loader::default();
    for source in sources {
        loader.add(source)?;
    }
    let mut tables = loader.tables;
    if tables.store.is_none() {
        // Every token belongs to a store: data that names none gets the built-in one.
        tables.store = Json::parse(fixtures::STORE)
            .ok()
            .map(|body| body.member("store"));
    }
    Ok(tables)
}

fn known(file: &str) -> Option<&'static str> {
    let name = Path::new(file)
        .file_name()?
        .to_str()?
        .strip_suffix(".json")?;
    ["store", "tokens"]
        .into_iter()
        .find(|n| *n == name)
        .or_else(|| collection(name))
}

fn named(bodies: impl Iterator<Item = (String, String)>) -> Result<Vec<Source>, DataError> {
    bodies
        .map(|(file, text)| match known(&file) {
            Some(name) => Ok(Source { file, name, text }),
            None => Err(DataError::Unknown(file)),
        })
        .collect()
}

/// Collects the known files below a folder, in the order of their paths.
fn walk(folder: &Path, found: &mut Vec<Source>) -> Result<(), DataError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DataError::Read { path, source }
    };
    let mut paths = std::fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|e| e.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(unreadable(folder))?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, found)?;
        } else if let Some(name) = path.to_str().and_then(known) {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            found.push(Source {
                file: path.display().to_string(),
                name,
                text,
            });
        }
    }
    Ok(())
}

#[derive(Default)]
struct Loader {
    tables: Tables,
    /// In which file each id was read.
    origins: HashMap<(&'static str, String), String>,
}

impl Loader {
    fn add(&mut self, source: Source) -> Result<(), DataError> {
        match source.name {
            "tokens" => self.add_tokens(source),
            "store" => {
                let store = parse(&source)?.get("store").cloned();
                let store = store.filter(|s| matches!(s, Json::Object(_)));
                self.tables.store = Some(store.ok_or_else(|| shape(&source))?);
                self.first_time("store", String::new(), &source.file)
            }
            name => self.add_objects(name, source),
        }
    }

    fn add_objects(&mut self, name: &'static str, source: Source) -> Result<(), DataError> {
        let objects = parse(&source)?
            .member(name)
            .into_list()
            .ok_or_else(|| shape(&source))?;
        for (index, object) in objects.into_iter().enumerate() {
            let id = id_of(name, &object).ok_or_else(|| DataError::NoId {
                file: source.file.clone(),
                name,
                position: index + 1,
            })?;
            self.first_time(name, id.to_string(), &source.file)?;
            self.tables.insert(name, id, object);
        }
        Ok(())
    }

    fn add_tokens(&mut self, source: Source) -> Result<(), DataError> {
        #[derive(Deserialize)]
        struct Body {
            tokens: Vec<Token>,
        }
        parse(&source)?;
        let body: Body = serde_json::from_str(&source.text).map_err(|_| shape(&source))?;
        for token in &body.tokens {
            self.first_time("tokens", token.name.clone(), &source.file)?;
        }
        self.tables
            .tokens
            .get_or_insert_default()
            .extend(body.tokens);
        Ok(())
    }

    fn first_time(&mut self, name: &'static str, id: String, file: &str) -> Result<(), DataError> {
        match self.origins.insert((name, id.clone()), file.to_owned()) {
            None => Ok(()),
            Some(first) => Err(DataError::Twice {
                name,
                id,
                first,
                second: file.to_owned(),
            }),
        }
    }
}

fn parse(source: &Source) -> Result<Json, DataError> {
    Json::parse(&source.text).map_err(|error| DataError::Json {
        file: source.file.clone(),
        source: error,
    })
}

fn shape(source: &Source) -> DataError {
    DataError::Shape {
        file: source.file.clone(),
        name: source.name,
    }
}
