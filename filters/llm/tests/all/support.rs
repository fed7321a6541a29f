//! Fixtures and what is expected of them.

use std::fs;
use std::path::{Path, PathBuf};

use tollgate_llm::Endpoint;

/// One fixture: where it is, whose it is, and what is in it.
pub(crate) struct Fixture {
    pub(crate) path: PathBuf,
    pub(crate) endpoint: Endpoint,
    pub(crate) bytes: Vec<u8>,
}

impl Fixture {
    /// The body without the line feed that editors put at the end of a file.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    /// Compares with the golden file beside the fixture, or writes it.
    pub(crate) fn check(&self, said: &str) {
        self.check_with("said", said);
    }

    /// The same with a golden file of this extension.
    pub(crate) fn check_with(&self, extension: &str, said: &str) {
        let golden = self.path.with_extension(extension);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&golden, said).unwrap();
            return;
        }
        let expected = fs::read_to_string(&golden)
            .unwrap_or_else(|error| panic!("{}: {error}; BLESS=1 writes it", golden.display()));
        assert_eq!(
            said,
            expected,
            "{} differs from {}",
            self.path.display(),
            golden.display()
        );
    }
}

/// All fixtures of a kind, in a stable order.
pub(crate) fn fixtures(kind: &str, extension: &str) -> Vec<Fixture> {
    let mut found = Vec::new();
    for endpoint in Endpoint::ALL {
        let name = serde_json::to_value(endpoint).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(kind)
            .join(name.as_str().unwrap());
        let Ok(files) = fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|found| found == extension));
        paths.sort();
        for path in paths {
            let bytes = fs::read(&path).unwrap();
            found.push(Fixture {
                path,
                endpoint,
                bytes,
            });
        }
    }
    assert!(!found.is_empty(), "no fixtures of {kind}");
    found
}
