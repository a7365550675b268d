//! Pictures as people send them: what is taken, what is refused, and that the pixels are those of the reference.

#[cfg(test)]
mod from_data;
#[cfg(test)]
mod made_here;
#[cfg(test)]
#[path = "../reference/mod.rs"]
mod reference;
#[cfg(test)]
mod verdict;
