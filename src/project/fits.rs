//! What of each picture the backbone sees: a choice for the project, one for a class, one for an image.
//!
//! An image's own is what its row was made of, so nothing is pending: whoever changes a fit computes those rows first, and
//! an image that was not reached stays as it was.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::features::Image;
use crate::image::Fit;
use crate::project::Project;

/// The fits that images take when they come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fits {
    /// Also that of pictures to be classified.
    project: Fit,
    /// Of classes that differ from it.
    classes: BTreeMap<String, Fit>,
}

/// Whose fit is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Whose {
    /// The project's: of images that come, and of those that have it now.
    Project,
    /// A class's: of all its images, now and later.
    Class(String),
    /// Of these images alone.
    Images(Vec<u32>),
}

impl Fits {
    /// The same for all.
    pub(super) fn of(project: Fit) -> Self {
        Self { project, classes: BTreeMap::new() }
    }

    /// Whether there is nothing to keep.
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// A class that becomes part of another one leaves its choice behind.
    pub(super) fn rename_class(&mut self, from: &str, to: &str, is_there: bool) {
        if let Some(fit) = self.classes.remove(from).filter(|_| !is_there) {
            self.classes.insert(to.into(), fit);
        }
    }
}

impl Project {
    /// The fit of images that come, unless their class has another.
    pub fn default_fit(&self) -> Fit {
        self.fits.project
    }

    /// The fit of images that come into this class.
    pub fn fit_for(&self, label: &str) -> Fit {
        self.fits.classes.get(label).copied().unwrap_or(self.fits.project)
    }

    /// Classes with a fit of their own.
    pub fn class_fits(&self) -> &BTreeMap<String, Fit> {
        &self.fits.classes
    }

    /// The fit of a picture to be classified: what the head was trained to see, before there is one the project's.
    pub fn prediction_fit(&self) -> Fit {
        self.classifying_head().map_or(self.fits.project, |head| head.fit)
    }

    /// The images whose rows another fit asks for, in their order. With the project's, images keep what was chosen for
    /// their class or for themselves.
    pub fn to_refit(&self, fit: &Fit, whose: &Whose) -> Vec<u32> {
        let ids: BTreeSet<u32> =
            if let Whose::Images(ids) = whose { ids.iter().copied().collect() } else { BTreeSet::new() };
        let is_meant = |image: &Image| match whose {
            Whose::Project => image.fit == self.fits.project && !self.fits.classes.contains_key(&image.label),
            Whose::Class(label) => image.label == *label,
            Whose::Images(_) => ids.contains(&image.id),
        };
        let changing = self.images.iter().filter(|image| image.fit != *fit && is_meant(image));
        changing.map(|image| image.id).collect()
    }

    /// Says what images take from now on; of [`Whose::Images`] there is nothing to say.
    pub fn set_fit(&mut self, fit: Fit, whose: Whose) {
        match whose {
            Whose::Project => self.fits.project = fit,
            Whose::Class(label) if fit == self.fits.project => drop(self.fits.classes.remove(&label)),
            Whose::Class(label) => drop(self.fits.classes.insert(label, fit)),
            Whose::Images(_) => {}
        }
    }

    /// Gives an image the row of another fit: id, name, label, group and side stay, and its views are computed anew. Unknown
    /// ids are passed over.
    ///
    /// # Errors
    /// [`Error::WrongRows`] for a row of another width.
    pub fn refit(&mut self, id: u32, fit: Fit, features: Vec<f32>) -> Result<(), Error> {
        let Ok(at) = self.images.binary_search_by_key(&id, |image| image.id) else { return Ok(()) };
        let (expected, found) = (self.images[at].features.len(), features.len());
        if expected != found {
            return Err(Error::WrongRows { expected, found });
        }
        (self.images[at].fit, self.images[at].features) = (fit, features);
        self.bank.remove(&[id]);
        if let Some(model) = &mut self.model {
            model.seen.remove(&id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four images in two classes.
    fn project() -> Project {
        let mut project = Project::default();
        for at in 0..4u32 {
            let label = if at % 2 == 0 { "a" } else { "b" };
            project.add_image(&at.to_string(), label, &format!("{at:064x}"), None, vec![at as f32, 1.0]).unwrap();
        }
        project
    }

    /// As whoever computes rows does it.
    fn choose(project: &mut Project, fit: Fit, whose: Whose) -> Vec<u32> {
        let ids = project.to_refit(&fit, &whose);
        ids.iter().for_each(|id| project.refit(*id, fit, vec![9.0, *id as f32]).unwrap());
        project.set_fit(fit, whose);
        ids
    }

    #[test]
    fn exactly_those_rows_change_that_a_choice_is_about() {
        let mut project = project();
        let region: Fit = "region:0,0,0.5,0.5".parse().unwrap();
        assert_eq!(choose(&mut project, region, Whose::Images(vec![3, 77])), [3]);
        assert_eq!(choose(&mut project, Fit::Pad, Whose::Project), [0, 1, 2], "an image's own choice stays");
        assert_eq!(choose(&mut project, Fit::Pad, Whose::Project), [] as [u32; 0]);
        assert_eq!(
            choose(&mut project, Fit::Crop, Whose::Class("b".into())),
            [1, 3],
            "a class's choice is for all of it"
        );
        assert_eq!(choose(&mut project, region, Whose::Project), [0, 2], "a class's choice stays");
        let fits: Vec<Fit> = project.images().iter().map(|image| image.fit).collect();
        assert_eq!(fits, [region, Fit::Crop, region, Fit::Crop]);
        assert_eq!(project.images()[1].features, [9.0, 1.0]);
        assert_eq!((project.fit_for("b"), project.fit_for("new")), (Fit::Crop, region));
        let wrong = project.refit(0, Fit::Pad, vec![0.0; 3]).unwrap_err();
        assert_eq!((wrong.code(), project.images()[0].fit), ("wrong-rows", region));
    }

    #[test]
    fn images_take_the_fit_of_their_class_or_project_when_they_come() {
        let mut project = project();
        project.set_fit(Fit::Pad, Whose::Class("a".into()));
        for label in ["a", "b"] {
            project.add_image("new", label, &format!("new {label}"), None, vec![0.0; 2]).unwrap();
        }
        assert_eq!(project.images()[4..].iter().map(|image| image.fit).collect::<Vec<_>>(), [Fit::Pad, Fit::Crop]);
        project.rename_class("a", "c");
        assert_eq!((project.fit_for("a"), project.fit_for("c")), (Fit::Crop, Fit::Pad));
        project.rename_class("c", "b");
        assert_eq!(project.fit_for("b"), Fit::Crop, "a class that was there keeps its own");
        project.set_fit(Fit::Crop, Whose::Class("b".into()));
        assert!(project.fits.is_plain(), "what is the project's need not be kept");
    }

    #[test]
    fn fits_outlive_the_page_and_older_projects_have_none() {
        let mut project = project();
        let before = serde_json::to_string(&project.saved()).unwrap();
        assert!(!before.contains("fits"), "{before}");
        project.set_fit(Fit::Pad, Whose::Project);
        project.set_fit("region:0.1,0,0.5,0.5".parse().unwrap(), Whose::Class("b".into()));
        let mut again = Project::default();
        again.restore(serde_json::from_str(&serde_json::to_string(&project.saved()).unwrap()).unwrap(), None);
        assert_eq!((again.fits.clone(), again.fit_for("a")), (project.fits.clone(), Fit::Pad));
        again.restore(serde_json::from_str(&before).unwrap(), None);
        assert!(again.fits.is_plain());
    }

    #[test]
    fn near_duplicates_of_another_fit_are_known_by_their_fingerprints() {
        let fingerprint = Some("0".repeat(64).parse().unwrap());
        let mut project = Project::default();
        project.add_image("one", "a", "1", fingerprint, vec![1.0, 0.0]).unwrap();
        project.set_fit(Fit::Pad, Whose::Project);
        project.add_image("two", "a", "2", fingerprint, vec![0.0, 1.0]).unwrap();
        assert_eq!(project.groups(), [[0, 1]], "their rows say nothing of each other");
    }

    #[test]
    fn classes_that_can_be_told_by_their_fit_are_said() {
        let codes = |project: &Project| project.checks().into_iter().map(|check| check.code).collect::<Vec<_>>();
        let mut project = project();
        choose(&mut project, Fit::Pad, Whose::Project);
        assert!(codes(&project).is_empty(), "one fit for all");
        choose(&mut project, "region:0,0,1,1".parse().unwrap(), Whose::Class("b".into()));
        let check = project.checks().pop().unwrap();
        assert_eq!((check.code.as_str(), check.blocking), ("mixed-fits", false));
        assert!(check.message.contains("“a” and “b”"), "{}", check.message);
        choose(&mut project, Fit::Pad, Whose::Images(vec![1]));
        assert_eq!(codes(&project), ["mixed-fits"], "half of them");
        choose(&mut project, "region:0,0,1,1".parse().unwrap(), Whose::Images(vec![0]));
        assert!(codes(&project).is_empty(), "as many in either class");
    }
}
