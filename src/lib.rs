//! headstart trains an image classifier on frozen, pretrained features, and validates it honestly.
//!
//! photo → [`image`] → pixels `u8 [224, 224, 3]` → [`run`] of a [`backbone`] → feature row `f32 [1280]` →
//! [`project`] (images, [`split`]) → [`train`] of a [`head`] → [`evaluate`]. The modules stand in import order: each
//! knows only those above it. None does I/O, and only `web` knows a browser.

pub mod error;
pub mod image;
pub mod backbone;
#[cfg(feature = "train")]
pub mod device;
pub mod run;
#[cfg(feature = "train")]
pub mod features;
#[cfg(feature = "train")]
pub mod nearest;
#[cfg(feature = "train")]
pub mod plane;
#[cfg(feature = "train")]
pub mod groups;
pub mod split;
#[cfg(feature = "train")]
pub mod head;
#[cfg(feature = "train")]
pub mod heat_map;
#[cfg(feature = "train")]
pub mod calibration;
pub mod metrics;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
pub mod lab;
#[cfg(feature = "train")]
pub mod review;
#[cfg(feature = "train")]
pub mod learning_curve;
#[cfg(feature = "train")]
pub mod evaluate;
#[cfg(feature = "train")]
pub mod project;
#[cfg(feature = "train")]
pub mod artifact;
#[cfg(feature = "web")]
pub mod web;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
