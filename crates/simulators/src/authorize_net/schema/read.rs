//! Reads `schema.txt` into types. Refuses to know what is valid: that is for the validator.

use std::{collections::HashMap, sync::LazyLock};

use super::simple::Simple;

/// What stands in an element.
pub(super) enum Type {
    Text(Simple),
    /// Elements: an inherited sequence and the type's own.
    Sequence(Vec<Part>),
    /// Nothing is known of it, anything may stand there.
    Any,
}

/// A place in a sequence: one field, or any one of several.
pub(super) struct Part {
    pub(super) fields: Vec<Field>,
}

/// An element of a sequence.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) required: bool,
    /// How often it may come in a row.
    pub(super) most: usize,
    pub(super) content: usize,
}

/// All types, by number and by name.
pub(super) struct Schema {
    types: Vec<Type>,
    names: HashMap<&'static str, usize>,
}

/// The types of `schema.txt`.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::read(include_str!("../schema.txt")));

/// A type as it is written, before its names are looked up.
struct Written {
    name: &'static str,
    base: &'static str,
    lines: Vec<&'static str>,
}

impl Schema {
    fn read(text: &'static str) -> Self {
        let mut schema = Self { types: vec![Type::Any], names: HashMap::new() };
        let mut written: Vec<Written> = Vec::new();
        for line in text.lines().filter(|it| !it.starts_with('#')) {
            // A line of a type begins with a blank: an element may be called `type`.
            if line.starts_with(' ') {
                written.iter_mut().rev().take(1).for_each(|it| it.lines.push(line));
                continue;
            }
            let mut words = line.split_whitespace();
            match words.next() {
                Some("simple") => {
                    let (name, base) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                    let simple = schema.simple(base).unwrap_or_default().narrowed(words).named(name);
                    schema.add(name, Type::Text(simple));
                }
                Some("type") => {
                    let name = words.next().unwrap_or_default();
                    written.push(Written { name, base: words.nth(1).unwrap_or_default(), lines: Vec::new() });
                }
                _ => {}
            }
        }
        // Names first: a type may name one that comes later.
        for it in &written {
            schema.add(it.name, Type::Any);
        }
        for it in &written {
            let mut parts = schema.parts(it);
            let mut base = it.base;
            while let Some(inherited) = written.iter().find(|one| one.name == base) {
                parts.splice(0..0, schema.parts(inherited));
                base = inherited.base;
            }
            if let Some(place) = schema.names.get(it.name).and_then(|at| schema.types.get_mut(*at)) {
                *place = Type::Sequence(parts);
            }
        }
        schema
    }

    fn add(&mut self, name: &'static str, content: Type) {
        self.names.insert(name, self.types.len());
        self.types.push(content);
    }

    /// A simple type by its name, or one of XML Schema's own.
    fn simple(&self, name: &'static str) -> Option<Simple> {
        match self.names.get(name).and_then(|at| self.types.get(*at)) {
            Some(Type::Text(simple)) => Some(simple.clone()),
            _ => Simple::own(name),
        }
    }

    fn parts(&mut self, written: &Written) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut in_choice = false;
        for line in &written.lines {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            let alternative = name.starts_with('|');
            let name = name.trim_start_matches('|');
            let end = name.find(['?', '*']).unwrap_or(name.len());
            let (name, mark) = name.split_at(end);
            let field = Field {
                name,
                required: mark.is_empty(),
                most: match mark.strip_prefix('*') {
                    Some(most) => most.parse().unwrap_or(usize::MAX),
                    None => 1,
                },
                content: self.content(words.next().unwrap_or_default(), words),
            };
            match parts.last_mut() {
                Some(part) if alternative && in_choice => part.fields.push(field),
                _ => parts.push(Part { fields: vec![field] }),
            }
            in_choice = alternative;
        }
        parts
    }

    /// A type by its name, narrowed where facets follow.
    fn content(&mut self, name: &'static str, facets: impl Iterator<Item = &'static str>) -> usize {
        let facets: Vec<&'static str> = facets.collect();
        let known = self.names.get(name).copied();
        if let Some(at) = known.filter(|_| facets.is_empty()) {
            return at;
        }
        let Some(simple) = self.simple(name) else { return known.unwrap_or(0) };
        let simple = if facets.is_empty() { simple } else { simple.narrowed(facets.into_iter()) };
        self.types.push(Type::Text(simple));
        self.types.len().saturating_sub(1)
    }

    pub(super) fn get(&self, at: usize) -> &Type {
        self.types.get(at).unwrap_or(&Type::Any)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Type> {
        self.names.get(name).map(|at| self.get(*at))
    }

    /// Types of which nothing is known; a test holds them to those that are meant.
    #[cfg(test)]
    pub(super) fn unknown(&self) -> Vec<(&'static str, &'static str)> {
        let mut unknown = Vec::new();
        for (name, at) in &self.names {
            if let Type::Sequence(parts) = self.get(*at) {
                let fields = parts.iter().flat_map(|it| &it.fields);
                unknown.extend(fields.filter(|it| it.content == 0).map(|it| (*name, it.name)));
            }
        }
        unknown.sort_unstable();
        unknown
    }
}

impl Part {
    /// A choice of which one may be absent may be absent; so may whatever can come often.
    pub(super) fn required(&self) -> bool {
        self.fields.iter().all(|it| it.required)
    }
}
