//! `tollgate keys`: virtual keys exist in clear only here, once.
//! Must not store a key.

use std::io::Read as _;

use clap::Subcommand;
use tollgate_config::KeyHash;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Draw a new virtual key; prints it once, with the hash for tollgate.yaml
    New,
    /// Print the hash of a key that is read from standard input
    Hash,
}

pub(super) fn run(keys: &Keys) -> anyhow::Result<()> {
    match keys {
        Keys::New => {
            let mut random = [0u8; 24];
            getrandom::fill(&mut random)
                .map_err(|error| anyhow::anyhow!("no random bytes from the system: {error}"))?;
            let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let key = format!("tg-{hex}");
            println!("key:  {key}    (give it to the application; it is shown only now)");
            println!(
                "hash: {}    (put it into tollgate.yaml, under tenants[].keys[].hash)",
                KeyHash::of(&key)
            );
        }
        Keys::Hash => {
            let mut key = String::new();
            std::io::stdin().read_to_string(&mut key)?;
            println!("{}", KeyHash::of(key.trim()));
        }
    }
    Ok(())
}
