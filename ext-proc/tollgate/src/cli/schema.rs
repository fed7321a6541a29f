//! `tollgate schema`.
//! Must not know the fields: they are read off the configuration crate's types.

pub(super) fn run() -> anyhow::Result<()> {
    println!(
        "{}",
        serde_json::to_string_pretty(&tollgate_config::json_schema())?
    );
    Ok(())
}
