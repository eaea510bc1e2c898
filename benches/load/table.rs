//! The table: what was measured, what was asked for, and whether it was met.

/// One line of it.
pub struct Line {
    pub what: String,
    pub figure: String,
    pub bar: String,
    /// `None`: there is no bar, or it was not run.
    pub met: Option<bool>,
}

impl Line {
    pub fn new(
        what: impl Into<String>,
        figure: impl Into<String>,
        bar: impl Into<String>,
        met: impl Into<Option<bool>>,
    ) -> Self {
        Self {
            what: what.into(),
            figure: figure.into(),
            bar: bar.into(),
            met: met.into(),
        }
    }
}

/// The widths of the first three columns; longer texts go on below.
const WIDTHS: [usize; 3] = [34, 58, 34];

pub fn print(lines: &[Line]) {
    row(["row", "figure", "bar", "met"]);
    row(["---", "------", "---", "---"]);
    for line in lines {
        let met = match line.met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        row([&line.what, &line.figure, &line.bar, met]);
    }
    let missed = lines.iter().filter(|line| line.met == Some(false)).count();
    println!("\n{} lines, {missed} not met", lines.len());
}

fn row([what, figure, bar, met]: [&str; 4]) {
    let columns = [what, figure, bar].map(str::to_owned);
    let wrapped: Vec<Vec<String>> = columns
        .iter()
        .zip(WIDTHS)
        .map(|(text, width)| wrap(text, width))
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    for at in 0..height {
        let cell = |column: usize| wrapped[column].get(at).map_or("", String::as_str);
        let met = if at == 0 { met } else { "" };
        let line = format!(
            "{:<3$}  {:<4$}  {:<5$}  {met}",
            cell(0),
            cell(1),
            cell(2),
            WIDTHS[0],
            WIDTHS[1],
            WIDTHS[2],
        );
        println!("{}", line.trim_end());
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// The value below which this share of them lies; they need not be sorted.
pub fn at(share: f64, values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let place = (last as f64 * share).ceil() as usize;
    values.get(place).copied().unwrap_or(f64::NAN)
}

/// Seconds, as people say them.
pub fn span(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7_200.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

/// A share of a whole in per cent.
pub fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}
