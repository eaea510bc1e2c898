//! Sources as tokens, so that comments and texts don't count and a path is seen however it is spelled.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens, in order, with groups opened, and without what stands under `#[cfg(test)]`.
pub fn tokens(text: &str) -> Vec<String> {
    let stream: TokenStream = text.parse().unwrap();
    let mut flat = Vec::new();
    flatten(stream, &mut flat);
    flat
}

fn flatten(stream: TokenStream, flat: &mut Vec<String>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        if is_punct(&tree, '#')
            && let Some(TokenTree::Group(group)) = trees.peek()
            && is_for_tests(&group.to_string())
        {
            // The attribute, and the item behind it: to its block or its semicolon.
            for tree in trees.by_ref() {
                let ends = match &tree {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    tree => is_punct(tree, ';'),
                };
                if ends {
                    break;
                }
            }
            continue;
        }
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                flat.push(open.to_owned());
                flatten(group.stream(), flat);
                flat.push(close.to_owned());
            }
            TokenTree::Literal(_) => flat.push("literal".to_owned()),
            tree => flat.push(tree.to_string()),
        }
    }
}

fn is_punct(tree: &TokenTree, wanted: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_for_tests(attribute: &str) -> bool {
    attribute.replace(' ', "") == "[cfg(test)]"
}

/// Every path that is spelled out, groups unfolded: `use crate::{a, b::c}` is `crate::a` and `crate::b::c`.
pub fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts =
            is_name(&tokens[at]) && !(at >= 2 && tokens[at - 1] == ":" && tokens[at - 2] == ":");
        if starts {
            at = path_from(tokens, at, Vec::new(), &mut found).max(at + 1);
        } else {
            at += 1;
        }
    }
    found
}

fn path_from(
    tokens: &[String],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = if is_name(&tokens[at]) {
                        path_from(tokens, at, path.clone(), found)
                    } else {
                        at + 1
                    };
                }
                return at + 1;
            }
            Some(name) if is_name(name) => path.push(name.to_owned()),
            _ => {
                found.push(path);
                return at;
            }
        }
        let colons = tokens.get(at + 1).is_some_and(|t| t == ":")
            && tokens.get(at + 2).is_some_and(|t| t == ":");
        if !colons {
            found.push(path);
            return at + 1;
        }
        at += 3;
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
