//! The service with its store, as a process: from an empty folder to a card, and through restarts.

use crate::sidecard::Folder;

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_a_card_in_four_commands() {
    let folder = Folder::connected().await; // two: keys new, install add
    let workspace = folder.workspace("acme-usa"); // three
    let service = folder.serve(); // four
    let (status, answer) = service.ask(&workspace, "kim@acme.example").await;
    assert_eq!(status, 200);
    assert_eq!(answer["outcome"], "found");
    assert_eq!(answer["accounts"][0]["customer"]["name"], "Kim Example");
    assert_eq!(service.stop(), 0);
}
