//! Reads a query. What the language does not have is refused where it stands (4000).

use super::super::{fault, fault::Fault};

/// The longest query.
const LONGEST: usize = 10_000;

/// A condition's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::quickbooks) enum Comparison {
    Equals,
    Differs,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
    In,
    Like,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::quickbooks) enum Literal {
    Text(String),
    Plain(String),
}

impl Literal {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Plain(text) => text,
        }
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::quickbooks) struct Filter {
    pub(super) property: String,
    pub(super) comparison: Comparison,
    pub(super) values: Vec<Literal>,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::quickbooks) struct Query {
    pub(super) count: bool,
    /// None for all.
    pub(super) fields: Vec<String>,
    pub(super) entity: String,
    pub(super) filters: Vec<Filter>,
    /// Property, and whether downwards.
    pub(super) order: Vec<(String, bool)>,
    pub(super) start: Option<i64>,
    pub(super) most: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    Mark,
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    text: String,
    column: usize,
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
}

/// Reads a query.
pub(in crate::quickbooks) fn parse(text: &str) -> Result<Query, Fault> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, end: text.chars().count() + 1 };
    let mut query = Query::default();
    reader.word("SELECT")?;
    fields(&mut reader, &mut query)?;
    reader.word("FROM")?;
    query.entity = reader.name()?;
    if reader.takes("WHERE") {
        loop {
            query.filters.push(filter(&mut reader)?);
            if !reader.takes("AND") {
                break;
            }
        }
    }
    if reader.takes("ORDERBY") || (reader.takes("ORDER") && reader.word("BY").map(|()| true)?) {
        loop {
            let name = reader.name()?;
            let descending = reader.takes("DESC");
            if !descending {
                reader.takes("ASC");
            }
            query.order.push((name, descending));
            if !reader.mark(",") {
                break;
            }
        }
    }
    if reader.takes("STARTPOSITION") {
        query.start = Some(reader.number()?);
    }
    if reader.takes("MAXRESULTS") {
        query.most = Some(reader.number()?);
    }
    match reader.tokens.get(reader.at) {
        Some(_) => Err(reader.refused()),
        None => Ok(query),
    }
}

fn fields(reader: &mut Reader, query: &mut Query) -> Result<(), Fault> {
    if reader.takes("COUNT") {
        let whole = reader.mark("(") && reader.mark("*") && reader.mark(")");
        query.count = true;
        return if whole { Ok(()) } else { Err(reader.refused()) };
    }
    let mut all = false;
    loop {
        if reader.mark("*") {
            all = true;
        } else {
            let name = reader.name()?;
            query.fields.push(name);
        }
        if !reader.mark(",") {
            break;
        }
    }
    if all {
        query.fields.clear();
    }
    Ok(())
}

fn filter(reader: &mut Reader) -> Result<Filter, Fault> {
    let property = reader.name()?;
    if reader.takes("IN") {
        if !reader.mark("(") {
            return Err(reader.refused());
        }
        let mut values = vec![reader.value()?];
        while reader.mark(",") {
            values.push(reader.value()?);
        }
        if !reader.mark(")") {
            return Err(reader.refused());
        }
        return Ok(Filter { property, comparison: Comparison::In, values });
    }
    let comparison = if reader.takes("LIKE") {
        Comparison::Like
    } else {
        let marks = [
            ("<=", Comparison::LessOrEquals),
            (">=", Comparison::GreaterOrEquals),
            ("!=", Comparison::Differs),
            ("=", Comparison::Equals),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let found = marks.iter().find(|it| reader.mark(it.0)).map(|it| it.1);
        found.ok_or_else(|| reader.refused())?
    };
    Ok(Filter { property, comparison, values: vec![reader.value()?] })
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|it| it.kind == Kind::Word && it.text.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn mark(&mut self, mark: &str) -> bool {
        let found = self.peek().is_some_and(|it| it.kind == Kind::Mark && it.text == mark);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if self.takes(word) { Ok(()) } else { Err(self.refused()) }
    }

    fn take(&mut self, kind: &Kind) -> Option<String> {
        let text = self.peek().filter(|it| it.kind == *kind)?.text.clone();
        self.at += 1;
        Some(text)
    }

    fn name(&mut self) -> Result<String, Fault> {
        self.take(&Kind::Word).ok_or_else(|| self.refused())
    }

    fn number(&mut self) -> Result<i64, Fault> {
        let text = self.take(&Kind::Number).and_then(|it| it.parse().ok());
        text.ok_or_else(|| self.refused())
    }

    /// A text in quotes, or a yes or no without; a number without quotes is taken too, as documentation has it.
    fn value(&mut self) -> Result<Literal, Fault> {
        if let Some(text) = self.take(&Kind::Text) {
            return Ok(Literal::Text(text));
        }
        if let Some(number) = self.take(&Kind::Number) {
            return Ok(Literal::Plain(number));
        }
        for word in ["true", "false"] {
            if self.takes(word) {
                return Ok(Literal::Plain(word.to_owned()));
            }
        }
        Err(self.refused())
    }

    /// Where it went wrong.
    fn refused(&self) -> Fault {
        match self.peek() {
            None => fault::query_syntax("\" <EOF> \"", self.end),
            Some(token) => {
                let name = match token.kind {
                    Kind::Word => "<IDENTIFIER>",
                    Kind::Number => "<INTEGER>",
                    Kind::Text => "<STRING>",
                    Kind::Mark => return fault::query_syntax(&format!("\" {} \"", token.text), token.column),
                };
                fault::query_syntax(&format!("\" {name} \"{} \"\"", token.text), token.column)
            }
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    if text.len() > LONGEST {
        return Err(fault::query_invalid("the query is too long"));
    }
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let column = at + 1;
        let while_in = |from: usize, fits: &dyn Fn(char) -> bool| {
            letters.iter().skip(from).take_while(|it| fits(**it)).collect::<String>()
        };
        let (kind, text, length) = if letter.is_whitespace() {
            at += 1;
            continue;
        } else if letter == '\'' {
            let (text, length) =
                quoted(&letters, at).ok_or_else(|| fault::query_syntax("\" ' \"", column))?;
            (Kind::Text, text, length)
        } else if letter.is_ascii_digit()
            || (letter == '-' && letters.get(at + 1).is_some_and(char::is_ascii_digit))
        {
            let text = format!("{letter}{}", while_in(at + 1, &|it| it.is_ascii_digit() || it == '.'));
            let length = text.chars().count();
            (Kind::Number, text, length)
        } else if letter.is_alphabetic() || letter == '_' {
            let text = while_in(at, &|it| it.is_alphanumeric() || matches!(it, '_' | '.'));
            let length = text.chars().count();
            (Kind::Word, text, length)
        } else {
            let two: String = letters.iter().skip(at).take(2).collect();
            let text = if matches!(two.as_str(), "<=" | ">=" | "!=") { two } else { letter.to_string() };
            let length = text.chars().count();
            (Kind::Mark, text, length)
        };
        tokens.push(Token { kind, text, column });
        at += length;
    }
    Ok(tokens)
}

/// A text in quotes, where a backslash keeps the letter after it; none where it does not end.
fn quoted(letters: &[char], from: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = from + 1;
    loop {
        match letters.get(at)? {
            '\'' => return Some((text, at + 1 - from)),
            '\\' => {
                text.push(*letters.get(at + 1)?);
                at += 2;
            }
            letter => {
                text.push(*letter);
                at += 1;
            }
        }
    }
}
