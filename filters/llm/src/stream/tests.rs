//! Streams as data: what each event of a stream says.

use super::*;

#[test]
fn a_keep_alive_says_nothing() {
    let mut reader = StreamReader::new(Endpoint::ChatCompletions);
    assert_eq!(reader.read(None, "").unwrap(), StreamEvent::empty());
}
