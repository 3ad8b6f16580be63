//! The table that the README shows: what was measured, beside what it must reach.

use super::race::Ratio;

/// What a figure must reach; smaller is better.
#[derive(Clone, Copy)]
pub struct Target {
    pub most: f64,
    pub hoped: f64,
}

#[derive(Default)]
pub struct Table(Vec<String>);

impl Table {
    /// Adds a row, and tells it at once to who is waiting.
    fn row(&mut self, work: &str, found: String, spread: String, target: Option<Target>, value: f64) {
        let (most, hoped, verdict) = match target {
            None => (String::new(), String::new(), ""),
            Some(Target { most, hoped }) => {
                let verdict = if value <= hoped {
                    "better"
                } else if value <= most {
                    "OK"
                } else {
                    "over"
                };
                (trimmed(most), trimmed(hoped), verdict)
            }
        };
        let line = format!("| {work} | {found} | {spread} | {most} | {hoped} | {verdict} |");
        eprintln!("{line}");
        self.0.push(line);
    }

    /// A ratio, or another figure that came out of many rounds.
    pub fn measured(&mut self, work: &str, unit: &str, ratio: Ratio, target: Option<Target>) {
        let Ratio { median, low, high } = ratio;
        let spread = format!("{}–{}", digits(low), digits(high));
        self.row(work, format!("{} {unit}", digits(median)).trim_end().to_owned(), spread, target, median);
    }

    /// A figure that was counted.
    pub fn counted(&mut self, work: &str, found: f64, unit: &str, spread: String, target: Option<Target>) {
        self.row(work, format!("{} {unit}", digits(found)).trim_end().to_owned(), spread, target, found);
    }

    pub fn print(&self) {
        println!("| work | found | half of the rounds | at most | hoped for | |");
        println!("|---|---|---|---|---|---|");
        self.0.iter().for_each(|row| println!("{row}"));
    }
}

fn digits(value: f64) -> String {
    if value >= 20.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn trimmed(value: f64) -> String {
    format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}
