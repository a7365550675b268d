//! Frozen, pretrained networks as data: [`plan::Plan`] says what is computed, [`spec::BackboneSpec`] which weights
//! belong to it. Knows nothing of how a plan is executed.

pub mod builder;
pub mod efficientnet_lite;
pub mod fold;
pub mod import;
pub mod mobilenet_v2;
pub mod plan;
pub mod resnet;
pub mod spec;
pub mod stored;
pub mod summary;
pub mod vgg;
pub mod weights;
