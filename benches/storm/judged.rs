//! What became of the cards: everybody's is looked at, and what is wrong is gathered.

use std::sync::Mutex;

use super::desk::Desk;
use super::verdict;
use super::weather::{Planted, Weather};

/// What was seen while Recharge could not be asked.
pub struct Without {
    /// Somebody whose card is marked.
    pub marked: Option<String>,
    /// How many of a hundred cards are marked, though no ties were planted.
    pub marked_untied: f64,
    /// Cards that are older than what was told, or are shown and should not be.
    pub wrong: Vec<String>,
}

#[derive(Default)]
struct Seen {
    clean: usize,
    /// By what was planted.
    marked: Vec<Planted>,
    last_marked: Option<String>,
    unknown: usize,
    wrong: Vec<String>,
}

fn emails(weather: &Weather) -> Vec<String> {
    let victims = weather.victims.iter();
    victims.map(|victim| victim.email()).collect()
}

pub async fn without_recharge(desk: &Desk, weather: &Weather) -> Without {
    let seen = Mutex::new(Seen::default());
    desk.each(&emails(weather), |n, card| {
        let victim = &weather.victims[n];
        let truth = desk.recharge.truth(victim.id());
        let mut seen = seen.lock().unwrap();
        let wrong = match (card["outcome"].as_str().unwrap(), card["stale"] == true) {
            ("found", false) => {
                seen.clean += 1;
                verdict::difference(card, &truth)
            }
            ("found", true) => {
                seen.marked.push(victim.planted);
                if victim.is_gone {
                    Some(String::from("they are deleted, and shown"))
                } else {
                    seen.last_marked = Some(victim.email());
                    verdict::older(card, &truth)
                }
            }
            (outcome, _) => {
                seen.unknown += 1;
                let is_expected = victim.is_gone || victim.moves > 0;
                (!is_expected).then(|| format!("they are {outcome}"))
            }
        };
        let wrong = wrong.map(|wrong| format!("{n}, {:?}: {wrong}", victim.planted));
        seen.wrong.extend(wrong);
    })
    .await;
    let seen = seen.into_inner().unwrap();
    let of = |planted: Planted| seen.marked.iter().filter(|p| **p == planted).count();
    let ties = of(Planted::Ties);
    let untied = seen.marked.len() - ties;
    let marked_untied = untied as f64 * 100.0 / weather.victims.len() as f64;
    println!("\nwith Recharge off");
    println!("cards shown as true       {}", seen.clean);
    println!("marked: with planted ties {ties}");
    println!(
        "marked: otherwise         {untied}, {marked_untied:.2} of 100 (nothing planted {}, updated_at left behind {}, deletions {})",
        of(Planted::Nothing),
        of(Planted::Reversed),
        of(Planted::Deletions)
    );
    println!(
        "deleted, or not yet seen under a new address {}",
        seen.unknown
    );
    println!("wrong                     {}", seen.wrong.len());
    Without {
        marked: seen.last_marked,
        marked_untied,
        wrong: seen.wrong,
    }
}

/// Returns what is not the truth.
pub async fn with_recharge(desk: &Desk, weather: &Weather) -> Vec<String> {
    let wrong = Mutex::new(Vec::new());
    desk.each(&emails(weather), |n, card| {
        let victim = &weather.victims[n];
        let outcome = card["outcome"].as_str().unwrap();
        let difference = match (victim.is_gone, outcome) {
            (true, "not_found") => None,
            (false, "found") if card["stale"] == false => {
                verdict::difference(card, &desk.recharge.truth(victim.id()))
            }
            _ => Some(format!("they are {outcome}, {}", card["reason"])),
        };
        let wrongly =
            difference.map(|difference| format!("{n}, {:?}: {difference}", victim.planted));
        wrong.lock().unwrap().extend(wrongly);
    })
    .await;
    let wrong = wrong.into_inner().unwrap();
    println!("\nwith Recharge on again");
    println!(
        "cards that are the truth  {}",
        weather.victims.len() - wrong.len()
    );
    println!("wrong                     {}", wrong.len());
    wrong
}
