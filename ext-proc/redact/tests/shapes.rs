//! Secrets in the shapes that providers document, drawn anew for every shape, are found wherever people leave them.
//! Must not know how they are found.

use tollgate_redact::{Engine, Entity};

/// `{x40}`: 40 characters. `a` letters and digits, `l` the same without capitals, `u` without small letters, `b` base64url,
/// `c` base64, `x` hexadecimal, `m` letters only, `d` digits, `g` a UUID.
const SHAPES: &[&str] = &[
    // AI providers
    "hf_{m34}",
    "api_org_{m34}",
    "sk-ant-api03-{b93}AA",
    "sk-proj-{b74}T3BlbkFJ{b74}",
    "sk-or-v1-{x64}",
    "sk_car_{a20}",
    "gsk_{a52}",
    "llx-{a48}",
    "AQ.Ab8RN6{b44}",
    "wandb_v1_{a38}_{a38}",
    "rpa_{u40}{a6}",
    "vck_{b56}",
    "ABSK{c132}",
    "cog_{l52}",
    "pa-{b43}",
    "{x32}.{a16}",
    // Clouds and hosts
    "AKIA{u16}",
    "AVNS_{b19}",
    "STS.N{a24}",
    "cfut_{a40}{x8}",
    "dop_v1_{x64}",
    "vcp_{b56}",
    "ucat_{a28}",
    "essu_{b80}",
    "csa_{x30}{a6}",
    "CCDB1_{a22}_{a40}",
    "AstraCS:{a24}:{x64}",
    "mdb_sa_sk_{b40}",
    "SWMTKN-1-{l50}-{l25}",
    "{a14}.atlasv1.{b67}",
    "hvs.{b95}",
    // Code and packages
    "ghp_{a36}",
    "github_pat_{a22}_{a59}",
    "glpat-{b20}",
    "gldt-{b20}",
    "gloas-{b64}",
    "ATATT3{b180}=",
    "BBDC-{c40}",
    "bkua_{l40}",
    "bkpat_{b54}",
    "cmVmd{a59}",
    "packagist_ort_{x68}",
    "PMAT-{a26}",
    "sgp_local_{x40}",
    "waka_{g}",
    "npm_{a36}",
    "pat.{b22}.{x24}.{a20}",
    "sntrys_{c120}_{c43}",
    // Communication
    "xoxb-{d12}-{d12}-{a24}",
    "xoxp-{d12}-{d12}-{d12}-{x32}",
    "xoxe-{d12}-{d12}-{d12}-{a28}",
    "xapp-1-A{u10}-{d13}-{x64}",
    "SG.{b22}.{b43}",
    "EAAM{a120}",
    "aact_prod_{a90}",
    "gcntfy-name-{g}-{g}",
    "os_v2_app_{l103}",
    "nyk_{a67}",
    "mlsn.{x64}",
    "re_{a8}_{a24}",
    "pina_{b60}",
    // Payments and commerce
    "sk_live_{a24}",
    "rk_live_{a99}",
    "sk_{g}",
    "pk_{d9}_{l32}",
    "Mid-server-{b20}",
    "mercury_production_rma_{a45}_yrucrem",
    "ramp_sec_{a48}",
    "shpat_{x32}",
    "EAAA{b60}",
    // Data, monitoring, identity
    "A3-{u6}-{u6}-{u5}-{u5}-{u5}-{u5}",
    "A3-{u6}-{u11}-{u5}-{u5}-{u5}",
    "NRAK-{u27}",
    "phx_{a43}",
    "glsa_{a32}_{x8}",
    "dp.pt.{a43}",
    "lin_api_{a40}",
    "figd_{b40}",
    "configcat-sdk-1/{b22}/{b22}",
    "1000.{x32}.{x32}",
    "{a6}_{a29}_mmk",
    "00D{a12}!{b96}",
];

/// What only the name before it tells.
const NAMED: &[&str] = &[
    "DATADOG_API_KEY={x32}",
    "datadog_secret: {l40}",
    "ADAFRUIT_IO_KEY={l32}",
    "meraki_key = \"{x40}\"",
    "\"circleci_key\": \"{x40}\"",
    "stripeKey: '{a32}'",
    "snyk_token={g}",
    "HEROKU_API_KEY={g}",
    "aws_secret_access_key = {c40}",
    "INFLUX_TOKEN={b86}==",
    "export COINBASE_SECRET={l64}",
    "our Fastly key is {a32}",
];

/// What is drawn: 64-bit steps of a linear congruential generator.
struct Dice(u64);

impl Dice {
    fn of(&mut self, alphabet: &[u8]) -> char {
        self.0 = self
            .0
            .wrapping_mul(0x5851_F42D_4C95_7F2D)
            .wrapping_add(0x1405_7B7E_F767_814F);
        char::from(alphabet[(self.0 >> 33) as usize % alphabet.len()])
    }

    /// A shape's text.
    fn fill(&mut self, shape: &str) -> String {
        const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut out = String::new();
        let mut rest = shape;
        while let Some((text, (what, tail))) = rest
            .split_once('{')
            .and_then(|(text, after)| Some((text, after.split_once('}')?)))
        {
            out.push_str(text);
            let (kind, count) = what.split_at(1);
            let alphabet = match kind {
                "a" => DIGITS.to_vec(),
                "l" => DIGITS[..36].to_vec(),
                "u" => [&DIGITS[..10], &DIGITS[36..]].concat(),
                "m" => DIGITS[10..].to_vec(),
                "b" => [DIGITS, b"-_"].concat(),
                "c" => [DIGITS, b"+/"].concat(),
                "d" => DIGITS[..10].to_vec(),
                _ => DIGITS[..16].to_vec(),
            };
            let groups: &[usize] = match (kind, count.parse()) {
                (_, Ok(count)) => &[count],
                _ => &[8, 4, 4, 4, 12],
            };
            for (nth, group) in groups.iter().enumerate() {
                out.extend((nth > 0).then_some('-'));
                out.extend((0..*group).map(|_| self.of(&alphabet)));
            }
            rest = tail;
        }
        out + rest
    }
}

/// How many of `rounds` draws are covered, but for two characters at the end that may look like punctuation.
fn found(engine: &Engine, shape: &str, rounds: usize, around: impl Fn(&str) -> String) -> usize {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut spans = Vec::new();
    (0..rounds)
        .filter(|_| {
            let secret = dice.fill(shape);
            let value = secret
                .rsplit(['=', ' ', '"', '\''])
                .find(|part| part.len() >= 16)
                .unwrap_or(&secret);
            let text = around(&secret);
            let from = text.find(value).unwrap_or_default();
            spans.clear();
            engine.find(&text, &mut spans);
            spans.iter().any(|span| {
                span.entity == Entity::Secret
                    && span.range.start <= from
                    && span.range.end + 2 >= from + value.len()
            })
        })
        .count()
}

#[test]
fn shapes_that_providers_document_are_found() {
    const ROUNDS: usize = 60;
    let engine = Engine::new();
    let around: [fn(&str) -> String; 4] = [
        |secret| secret.to_owned(),
        |secret| format!("My token {secret} does not work any more."),
        |secret| format!("export SERVICE_TOKEN=\"{secret}\"\n"),
        |secret| format!("{{\"auth\": \"{secret}\", \"retries\": 3}}"),
    ];
    let mut missed = Vec::new();
    for shape in SHAPES {
        for (nth, around) in around.iter().enumerate() {
            let found = found(&engine, shape, ROUNDS, around);
            // Some draws look like words, or like the text of an example.
            if found * 100 < ROUNDS * 95 {
                missed.push(format!("{shape} in place {nth}: {found} of {ROUNDS}"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_a_name_gives_away_is_found() {
    const ROUNDS: usize = 60;
    let engine = Engine::new();
    let mut missed = Vec::new();
    for shape in NAMED {
        let found = found(&engine, shape, ROUNDS, |text| {
            format!("Here is the file:\n{text}\nthanks")
        });
        if found * 100 < ROUNDS * 90 {
            missed.push(format!("{shape}: {found} of {ROUNDS}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
