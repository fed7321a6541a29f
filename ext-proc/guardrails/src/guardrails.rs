//! Compiled rules and what they say of whole requests and answers. Must not know HTTP, dialects, tenants or clocks: texts
//! come in with a role, tokens as a number.

use std::sync::Arc;

use crate::citation::Citations;
use crate::finding::{Finding, Findings, Why};
use crate::injection::{self, Verdict};
use crate::language::{self, Allowed};
use crate::lexicon::{Builder, LONGEST, PhraseError, WORD};
use crate::lists::{self, Lists, Search};
use crate::patterns::{self, Patterns};
use crate::rule::{Action, Check, Role, Roles, Rule, RuleError};
use crate::schema::Schema;
use crate::words;

/// Rules, compiled once and shared by all exchanges that they hold for.
#[derive(Debug)]
pub struct Guardrails {
    rules: Vec<Compiled>,
    request: Option<Lists>,
    answer: Option<Lists>,
}

/// A rule, usable.
#[derive(Debug)]
struct Compiled {
    name: Arc<str>,
    request: bool,
    answer: bool,
    roles: Roles,
    action: Action,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// What it lists is in the [`Lists`] of its directions, under its place.
    Listed,
    Injection(f32),
    MostTokens(u64),
    Citations(Citations, usize),
    Schema(Schema),
    Language(Allowed),
}

impl Guardrails {
    /// Compiles rules, or says everything that is wrong with them.
    pub fn compile(rules: &[Rule]) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let mut compiled = Vec::with_capacity(rules.len());
        for (place, rule) in rules.iter().enumerate() {
            let mut wrong = |field: String, problem: String| {
                errors.push(RuleError {
                    rule: place,
                    field,
                    problem,
                });
            };
            if rule.name.trim().is_empty() {
                wrong("name".to_owned(), "must not be empty".to_owned());
            }
            if let Some(test) = Test::new(&rule.check, &mut wrong) {
                compiled.push(Compiled {
                    name: rule.name.as_str().into(),
                    request: rule.on.request(),
                    answer: rule.on.answer(),
                    roles: rule.roles,
                    action: rule.action,
                    test,
                });
            }
        }
        let mut list = |on: fn(&Rule) -> bool| {
            compile_lists(rules, on).unwrap_or_else(|error| {
                errors.push(error);
                None
            })
        };
        let request = list(|rule| rule.on.request());
        let answer = list(|rule| rule.on.answer());
        if errors.is_empty() {
            Ok(Self {
                rules: compiled,
                request,
                answer,
            })
        } else {
            Err(errors)
        }
    }

    /// What a request breaks: its texts in their order, and how many tokens it has (asked only if a rule wants to know).
    pub fn request(&self, texts: &[(Role, &str)], tokens: impl FnOnce() -> u64) -> Findings {
        let mut findings = Findings::default();
        self.request_tokens(tokens, &mut findings);
        for &(role, text) in texts {
            self.request_text(role, text, &mut findings);
        }
        findings
    }

    /// Adds what one text of a request breaks: for callers that see the texts one by one.
    pub fn request_text(&self, role: Role, text: &str, findings: &mut Findings) {
        let looks = |rule: &Compiled| rule.request && rule.roles.has(role);
        let verdict = self.words(looks, role, text, findings);
        self.whole(looks, text, role, Some(role), verdict, findings);
    }

    /// Reads the words of a request's text once for all rules that are about words. Adds what is listed and says what is thought of
    /// it, if any rule wants to know.
    fn words(
        &self,
        looks: impl Fn(&Compiled) -> bool,
        role: Role,
        text: &str,
        findings: &mut Findings,
    ) -> Option<Verdict> {
        let has = |test: fn(&Test) -> bool| self.rules.iter().any(|rule| looks(rule) && test(&rule.test));
        let lists = self
            .request
            .as_ref()
            .filter(|_| has(|test| matches!(test, Test::Listed)));
        let judges = has(|test| matches!(test, Test::Injection(_)));
        if lists.is_none() && !judges {
            return None;
        }
        let folded = words::fold(text);
        let mut listed = lists.map(lists::Pass::new);
        let mut judged = judges.then(|| injection::Pass::new(folded.bytes()));
        words::read_all(folded.bytes(), |word| {
            if let Some(listed) = &mut listed {
                listed.word(&word);
            }
            if let Some(judged) = &mut judged {
                judged.word(&word);
            }
        });
        for number in listed.into_iter().flat_map(|listed| listed.finish(&folded)) {
            self.listed_in_request(number, role, findings);
        }
        judged.map(|judged| injection::judge_words(role, text, folded.bytes(), judged))
    }

    /// Adds what the texts of one message break together, each of which [`request_text`](Self::request_text) has seen: what is listed
    /// in them, or meant to inject, where they are put together with a line between them or without.
    pub fn request_message(&self, role: Role, texts: &[String], findings: &mut Findings) {
        if texts.len() < 2 {
            return;
        }
        if let Some(lists) = &self.request {
            for between in ["", "\n"] {
                let mut search = Search::new();
                let mut each = |number| self.listed_in_request(number, role, findings);
                for text in texts {
                    search.push(lists, text, |hit| each(hit.number));
                    search.push(lists, between, |hit| each(hit.number));
                }
                search.finish(lists, |hit| each(hit.number));
            }
        }
        let looks =
            |rule: &Compiled| rule.request && rule.roles.has(role) && matches!(rule.test, Test::Injection(_));
        if self.rules.iter().any(looks) {
            self.whole(looks, &texts.join("\n"), role, Some(role), None, findings);
        }
    }

    /// Whether any rule looks at the texts of a message together.
    pub fn wants_messages(&self) -> bool {
        let injection = |rule: &Compiled| rule.request && matches!(rule.test, Test::Injection(_));
        self.request.is_some() || self.rules.iter().any(injection)
    }

    /// Adds findings on a request's length.
    pub fn request_tokens(&self, tokens: impl FnOnce() -> u64, findings: &mut Findings) {
        self.tokens(|rule| rule.request, tokens, findings);
    }

    /// What an answer breaks: all its texts, and how many tokens it has (asked only if a rule wants to know).
    pub fn answer(&self, texts: &[&str], tokens: impl FnOnce() -> u64) -> Findings {
        let mut findings = Findings::default();
        for text in texts {
            self.search_answer(text, &mut findings);
        }
        self.finished(texts, tokens, &mut findings);
        findings
    }

    /// Whether any rule looks at requests.
    pub fn wants_request(&self) -> bool {
        self.rules.iter().any(|rule| rule.request)
    }

    /// Whether any rule looks at answers.
    pub fn wants_answer(&self) -> bool {
        self.rules.iter().any(|rule| rule.answer)
    }

    /// Whether any rule of answers needs the whole text, so that it can say nothing before the end.
    pub fn wants_whole_answer(&self) -> bool {
        let early = |rule: &&Compiled| matches!(rule.test, Test::Listed | Test::MostTokens(_));
        self.rules.iter().any(|rule| rule.answer && !early(&rule))
    }

    /// Whether any rule of answers wants to know how many tokens there are.
    pub fn wants_answer_tokens(&self) -> bool {
        let counts = |rule: &Compiled| rule.answer && matches!(rule.test, Test::MostTokens(_));
        self.rules.iter().any(counts)
    }

    /// Adds findings on what is listed in a whole text of an answer.
    pub(crate) fn search_answer(&self, text: &str, findings: &mut Findings) {
        if let Some(lists) = &self.answer {
            search(lists, text, |number| {
                self.listed(number, findings);
            });
        }
    }

    pub(crate) fn answer_lists(&self) -> Option<&Lists> {
        self.answer.as_ref()
    }

    /// Adds the finding on something listed in an answer and says whether it blocks.
    pub(crate) fn listed(&self, number: u32, findings: &mut Findings) -> bool {
        let Some((place, rule)) = self.rule(number) else {
            return false;
        };
        findings.add(rule.finding(place, None, Why::Listed));
        rule.action == Action::Block
    }

    /// Adds findings on an answer's length so far.
    pub(crate) fn answer_tokens(&self, tokens: impl FnOnce() -> u64, findings: &mut Findings) {
        self.tokens(|rule| rule.answer, tokens, findings);
    }

    /// Adds what an answer breaks as a whole.
    pub(crate) fn finished(&self, texts: &[&str], tokens: impl FnOnce() -> u64, findings: &mut Findings) {
        self.answer_tokens(tokens, findings);
        for text in texts {
            self.whole(|rule| rule.answer, text, Role::Assistant, None, None, findings);
        }
    }

    fn listed_in_request(&self, number: u32, role: Role, findings: &mut Findings) {
        if let Some((place, rule)) = self.rule(number)
            && rule.roles.has(role)
        {
            findings.add(rule.finding(place, Some(role), Why::Listed));
        }
    }

    fn rule(&self, number: u32) -> Option<(usize, &Compiled)> {
        self.rules
            .get(number as usize)
            .map(|rule| (number as usize, rule))
    }

    fn tokens(&self, on: fn(&Compiled) -> bool, tokens: impl FnOnce() -> u64, findings: &mut Findings) {
        let limits = || {
            let rules = self.rules.iter().enumerate();
            rules.filter_map(|(place, rule)| match rule.test {
                Test::MostTokens(most) if on(rule) => Some((place, rule, most)),
                _ => None,
            })
        };
        if limits().next().is_none() {
            return;
        }
        let counted = tokens();
        for (place, rule, most) in limits().filter(|&(_, _, most)| counted > most) {
            findings.add(rule.finding(place, None, Why::Tokens { counted, most }));
        }
    }

    fn whole(
        &self,
        on: impl Fn(&Compiled) -> bool,
        text: &str,
        role: Role,
        of: Option<Role>,
        mut verdict: Option<Verdict>,
        findings: &mut Findings,
    ) {
        // Rules that differ in threshold or list share what is found out about the text.
        let mut told = None;
        for (place, rule) in self.rules.iter().enumerate().filter(|(_, rule)| on(rule)) {
            let why = match &rule.test {
                Test::Listed | Test::MostTokens(_) => None,
                Test::Injection(threshold) => {
                    let Verdict { score, signal } =
                        *verdict.get_or_insert_with(|| injection::judge(role, text));
                    (score >= *threshold).then_some(Why::Injection { score, signal })
                }
                Test::Citations(citations, at_least) => {
                    let found = citations.count(text, *at_least);
                    let at_least = *at_least;
                    (found < at_least).then_some(Why::Citations { found, at_least })
                }
                Test::Schema(schema) => schema.broken(text),
                Test::Language(allowed) => allowed.refuses(told.get_or_insert_with(|| language::tell(text))),
            };
            if let Some(why) = why {
                findings.add(rule.finding(place, of, why));
            }
        }
    }
}

impl Compiled {
    fn finding(&self, rule: usize, role: Option<Role>, why: Why) -> Finding {
        Finding {
            rule,
            name: Arc::clone(&self.name),
            action: self.action,
            role,
            why,
        }
    }
}

impl Test {
    fn new(check: &Check, wrong: &mut impl FnMut(String, String)) -> Option<Self> {
        match check {
            Check::Listed { words, patterns } => {
                let fine = listed(words, patterns, wrong);
                fine.then_some(Self::Listed)
            }
            Check::Injection { threshold } if *threshold > 0.0 && *threshold <= 1.0 => {
                Some(Self::Injection(*threshold))
            }
            Check::Injection { .. } => {
                wrong("threshold".to_owned(), "must be above 0 and at most 1".to_owned());
                None
            }
            Check::MostTokens(most) => Some(Self::MostTokens(*most)),
            Check::Citations { at_least: 0, .. } => {
                wrong("at_least".to_owned(), "must be at least 1".to_owned());
                None
            }
            Check::Citations { at_least, pattern } => Citations::new(pattern.as_deref())
                .map_err(|problem| wrong("pattern".to_owned(), problem))
                .map(|citations| Self::Citations(citations, *at_least))
                .ok(),
            Check::Schema(schema) => Schema::new(schema)
                .map_err(|problem| wrong("schema".to_owned(), problem))
                .map(Self::Schema)
                .ok(),
            Check::Language(languages) => Allowed::new(languages)
                .map_err(|errors| {
                    errors
                        .into_iter()
                        .for_each(|(field, problem)| wrong(field, problem))
                })
                .map(Self::Language)
                .ok(),
        }
    }
}

/// Whether a list can be compiled.
fn listed(words: &[String], patterns: &[String], wrong: &mut impl FnMut(String, String)) -> bool {
    let mut fine = true;
    let mut wrong = |field: String, problem: String| {
        fine = false;
        wrong(field, problem);
    };
    if words.is_empty() && patterns.is_empty() {
        wrong(
            "words".to_owned(),
            "must list something, or patterns must".to_owned(),
        );
    }
    for (i, word) in words.iter().enumerate() {
        let problem = match Builder::default().add(word, 0) {
            Ok(()) if edged(word) => {
                "begins or ends with a sign, which words do not have: write a pattern".to_owned()
            }
            Ok(()) => continue,
            Err(PhraseError::Empty) => "has no letter or digit".to_owned(),
            Err(PhraseError::TooManyWords) => format!("has more than {LONGEST} words"),
            Err(PhraseError::LongWord) => format!("has a word of more than {WORD} bytes"),
            Err(PhraseError::Gap) => "has more than 8 signs between two words".to_owned(),
        };
        wrong(format!("words[{i}]"), problem);
    }
    for (i, pattern) in patterns.iter().enumerate() {
        if let Err(problem) = patterns::check(pattern) {
            wrong(format!("patterns[{i}]"), problem);
        }
    }
    fine
}

/// Whether a sign at the edge of a word would be lost (`C++`, `#fail`), so that more is found than was meant.
fn edged(word: &str) -> bool {
    let sign =
        |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '!' | '?' | '\'' | '"' | '’') && c.is_ascii();
    word.trim().starts_with(sign) || word.trim().ends_with(sign)
}

/// What all rules of a direction list, under the rules' places.
fn compile_lists(rules: &[Rule], on: fn(&Rule) -> bool) -> Result<Option<Lists>, RuleError> {
    let mut builder = Builder::default();
    let mut all = Vec::new();
    let mut any = None;
    for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| on(rule)) {
        if let Check::Listed { words, patterns } = &rule.check {
            any = Some(place);
            for word in words {
                // What cannot be added was reported already.
                let _ = builder.add(word, place as u32);
            }
            let fine = patterns.iter().filter(|pattern| patterns::check(pattern).is_ok());
            all.extend(fine.map(|pattern| (pattern.clone(), place as u32)));
        }
    }
    let Some(place) = any else { return Ok(None) };
    let patterns = Patterns::new(&all).map_err(|problem| RuleError {
        rule: place,
        field: "patterns".to_owned(),
        problem: format!("together with those of the other rules: {problem}"),
    })?;
    Ok(Some(Lists {
        lexicon: builder.build(),
        patterns,
    }))
}

fn search(lists: &Lists, text: &str, mut each: impl FnMut(u32)) {
    let mut search = Search::new();
    search.push(lists, text, |hit| each(hit.number));
    search.finish(lists, |hit| each(hit.number));
}
