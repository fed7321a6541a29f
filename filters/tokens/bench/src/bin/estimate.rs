//! Estimates texts from the standard input, with a zero byte between them, for `estimates.py`: a line each, with a number
//! for each family in the order of their names there.

use std::io::Read;

use tollgate_tokens::Family;
use tollgate_tokens::estimate::Profile;

fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("UTF-8");
    for text in input.split('\0') {
        let profile = Profile::of(text);
        let estimates = Family::ALL.map(|family| family.estimate(&profile).to_string());
        println!("{} {}", estimates.join(" "), profile.counts().map(|count| count.to_string()).join(" "));
    }
}
