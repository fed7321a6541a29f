//! What runs inside the server, with the contract of each script, and the form of the log's items.
//! Must not know connections.
//!
//! Scripts reach entries whose names they learn from the log, which `KEYS` does not list: all names share one hash tag, so they
//! are where the log is.

use redis::Script;
use tollgate_cache::{Entry, Purge, Scope};

/// Adds an entry and names it in the log; if the log is longer than its bound, the oldest go.
///
/// - `KEYS[1]`: the log. `KEYS[2]`: the entry.
/// - `ARGV[1]`: the record. `ARGV[2]`: milliseconds until it expires, or nothing. `ARGV[3]`: the bound. `ARGV[4]`: what
///   entries' names begin with. `ARGV[5]` …: the log's item, see [`item`].
/// - Returns the item's id.
///
/// The entry is stored with its item's id before it, which tells a put from an older one of the same key: a transaction could
/// not, for the id is only known inside it. And the log's own trimming would leave entries that no purge finds.
pub(super) fn put() -> Script {
    Script::new(
        r"
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 5))
local value = id .. ' ' .. ARGV[1]
if ARGV[2] == '' then
  redis.call('SET', KEYS[2], value)
else
  redis.call('SET', KEYS[2], value, 'PX', ARGV[2])
end
local over = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[3])
if over > 0 then
  -- A bound that was lowered is reached in steps.
  for _, item in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(over, 16))) do
    local old, fields = item[1], item[2]
    if fields[1] == 'k' then
      local entry = ARGV[4] .. fields[2]
      if redis.call('GETRANGE', entry, 0, #old) == old .. ' ' then
        redis.call('UNLINK', entry)
      end
    end
    redis.call('XDEL', KEYS[1], old)
  end
end
return id",
    )
}

/// Drops the selected entries that some items of the log name, and these items.
///
/// - `KEYS[1]`: the log.
/// - `ARGV[1]`, `ARGV[2]`: between which ids, as `XRANGE` takes them. `ARGV[3]`: how many items at most. `ARGV[4]`: what
///   entries' names begin with. `ARGV[5]` … `ARGV[8]`: the wanted key, scope, namespace and model, each with `=` before it, or
///   nothing if all are wanted.
/// - Returns the id of the last item that was looked at if there may be more, else nothing.
///
/// An entry that was put again since stays: another item names it.
pub(super) fn purge() -> Script {
    Script::new(
        r"
local items = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
for _, item in ipairs(items) do
  local id, fields = item[1], item[2]
  local selected = fields[1] == 'k'
  for i = 1, 4 do
    local wanted = ARGV[4 + i]
    selected = selected and (wanted == '' or wanted == '=' .. fields[2 * i])
  end
  if selected then
    local entry = ARGV[4] .. fields[2]
    if redis.call('GETRANGE', entry, 0, #id) == id .. ' ' then
      redis.call('UNLINK', entry)
    end
    redis.call('XDEL', KEYS[1], id)
  end
end
if #items < tonumber(ARGV[3]) then
  return ''
end
return items[#items][1]",
    )
}

/// The fields of the log's item of an entry; `size` is the record's. The purging script relies on their order.
pub(super) fn item(entry: &Entry, size: usize) -> [(&'static str, String); 5] {
    let partition = &entry.partition;
    [
        ("k", entry.key.to_string()),
        ("s", scope(&partition.scope)),
        ("n", partition.namespace.to_string()),
        ("m", partition.model.to_string()),
        ("b", size.to_string()),
    ]
}

/// The only field of the log's item of a purge: its record.
pub(super) const PURGED: &str = "x";

/// The last arguments of the purging script.
pub(super) fn wanted(purge: &Purge) -> [String; 4] {
    let Purge {
        key,
        scope: of,
        model,
        namespace,
    } = purge;
    let wanted = |value: Option<String>| value.map(|value| format!("={value}")).unwrap_or_default();
    [
        wanted(key.map(|key| key.to_string())),
        wanted(of.as_ref().map(scope)),
        wanted(namespace.as_ref().map(ToString::to_string)),
        wanted(model.as_ref().map(ToString::to_string)),
    ]
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Tenant(name) => format!("t:{name}"),
        Scope::Everyone => "*".into(),
    }
}
