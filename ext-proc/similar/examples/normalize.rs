//! Writes the normal form of every line of standard input: what is embedded, for instance to compute the cosines of
//! `tests/fixtures/pairs.tsv` anew with another embedder.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", tollgate_similar::normalize(&line?))?;
    }
    Ok(())
}
