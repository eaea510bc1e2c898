//! Loading: joining, and what a broken folder is told.

use std::path::{Path, PathBuf};

use super::*;

/// A folder of its own, gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let unique = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let folder = std::env::temp_dir().join(format!(
            "sidecard-simulator-{}-{unique}",
            std::process::id()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn from(folder: &Path) -> Result<Running, StartError> {
    start(Options {
        data: Data::Folder(folder.to_owned()),
        ..as_written()
    })
    .await
}

async fn refusal(files: &[(&str, &str)]) -> String {
    let folder = Folder::new(files);
    let message = from(&folder.0).await.unwrap_err().to_string();
    message.replace(&folder.0.display().to_string(), "DIR")
}

#[tokio::test]
async fn files_of_one_name_are_joined() {
    let folder = Folder::new(&[
        ("customers.json", r#"{"customers":[{"id":1}]}"#),
        (
            "more/customers.json",
            r#"{"next_cursor":null,"previous_cursor":null,"customers":[{"id":2}]}"#,
        ),
        ("more/notes.txt", "not data"),
        ("more/products.json", "not ours"),
    ]);
    let running = from(&folder.0).await.unwrap();
    assert_eq!(
        Caller::of(&running, TOKEN)
            .get("/customers")
            .await
            .ids("customers"),
        [2, 1]
    );
}

#[tokio::test]
async fn broken_folders_are_told_which_file_and_what_to_do() {
    assert_eq!(
        refusal(&[("customers.json", "{\"customers\":[{]}")]).await,
        "not valid JSON: `DIR/customers.json`: key must be a string at line 1 column 16\n  hint: correct it, or take the file out of the folder"
    );
    assert_eq!(
        refusal(&[("charges.json", r#"{"data":[]}"#)]).await,
        "not a list body: `DIR/charges.json`\n  hint: write it as the API answers: `{\"charges\":[…]}`"
    );
    assert_eq!(
        refusal(&[("store.json", r#"{"store":[]}"#)]).await,
        "not a list body: `DIR/store.json`\n  hint: write it as the API answers: `{\"store\":{…}}`"
    );
    assert_eq!(
        refusal(&[("orders.json", r#"{"orders":[{"id":1},{"id":"2"}]}"#)]).await,
        "object without an integer id: `DIR/orders.json`, number 2\n  hint: give each object of `orders` its `id`"
    );
    assert_eq!(
        refusal(&[
            ("a/customers.json", r#"{"customers":[{"id":1}]}"#),
            ("b/customers.json", r#"{"customers":[{"id":1}]}"#)
        ])
        .await,
        "id twice in `customers`: 1\n  hint: it is in `DIR/a/customers.json` and in `DIR/b/customers.json`; keep one"
    );
    assert_eq!(
        refusal(&[("readme.md", "")]).await,
        "no data file below: `DIR`\n  hint: name the files as their list, such as `customers.json`"
    );
    assert!(
        refusal(&[("tokens.json", r#"{"tokens":[{"token":"sk_secret"}]}"#)])
            .await
            .starts_with("not a list body")
    );
    let nowhere = from(Path::new("/nowhere/at/all"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        nowhere.starts_with("cannot read: `/nowhere/at/all`: "),
        "{nowhere}"
    );
}

#[tokio::test]
async fn a_repeated_token_is_named_and_not_shown() {
    let tokens =
        r#"{"tokens":[{"token":"sk_secret","name":"A"},{"token":"sk_secret","name":"A"}]}"#;
    let message = refusal(&[("tokens.json", tokens)]).await;
    assert!(
        message.starts_with("id twice in `tokens`: A\n"),
        "{message}"
    );
    assert!(!message.contains("sk_secret"));
}

#[tokio::test]
async fn an_unknown_body_is_refused() {
    let data = Data::Bodies(vec![("products.json".to_owned(), "{}".to_owned())]);
    let error = start(Options {
        data,
        ..as_written()
    })
    .await
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("unknown data file: `products.json`"),
        "{error}"
    );
}
