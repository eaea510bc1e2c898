//! Ten workspaces ask one token for equally much, far more than it has.

use std::time::Duration;

use crate::Scale;
use crate::shop::connected;
use crate::stage::Stage;
use crate::table::Line;
use crate::warm::crowd::crowd;

const WORKSPACES: usize = 10;
/// A workspace asks for a customer of its own so often, in steps.
const EVERY: usize = 5;
const LASTING: Duration = Duration::from_secs(180);

pub async fn row(_: &Scale) -> Vec<Line> {
    println!("{WORKSPACES} workspaces of one token");
    let folder = tempfile::tempdir().unwrap();
    let (store, workspaces) = connected(folder.path(), WORKSPACES).await;
    store.close().await;
    let steps = LASTING.as_millis() as usize / crate::stage::STEP.as_millis() as usize;
    let data = crowd(WORKSPACES * (steps / EVERY + 1));
    let mut stage = Stage::open(folder.path().to_owned(), data, workspaces).await;
    let mut customer = 0;
    for step in 0..steps {
        if step % EVERY == 0 {
            for workspace in 0..WORKSPACES {
                // Nobody always comes first.
                stage.ask((workspace + step / EVERY) % WORKSPACES, customer);
                customer += 1;
            }
        }
        stage.advance().await;
    }
    let views = stage.views().await;
    let mut served = [0; WORKSPACES];
    for view in views.iter().filter(|view| view.is_found()) {
        served[view.workspace] += 1;
    }
    let share = served.iter().sum::<usize>() as f64 / WORKSPACES as f64;
    let least = *served.iter().min().unwrap();
    let line = Line::new(
        "10 workspaces ask equally of one token",
        format!(
            "served {} to {} each, {:.0} % of an equal share at least; {} asked, {} refused by Recharge",
            least,
            served.iter().max().unwrap(),
            least as f64 * 100.0 / share,
            views.len(),
            stage.refused(),
        ),
        "none less than half its share",
        share > 0.0 && least as f64 >= share / 2.0,
    );
    stage.close().await;
    vec![line]
}
