//! The part of the engine that looks at feature rows themselves: maps of them, neighbours, and what an answer rests on.

use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::heat_map::pooled;
use crate::nearest::Directions;
use crate::plane::principal_plane;
use crate::web::engine::Engine;
use crate::web::failure::{js_error, to_js};

/// Heat maps of one picture.
#[derive(Serialize)]
struct HeatMaps<'a> {
    height: usize,
    width: usize,
    maps: Vec<HeatMap<'a>>,
}

/// That of a class, row by row.
#[derive(Serialize)]
struct HeatMap<'a> {
    label: &'a str,
    probability: f32,
    values: Vec<f32>,
}

#[wasm_bindgen]
impl Engine {
    /// Ids of at most `most` images, chosen by the hash of seed and file.
    pub fn sample(&self, most: usize, seed: f64) -> Vec<u32> {
        self.project.borrow().sample(most, seed as u64)
    }

    /// The feature rows of these images: `Float32Array [n, numFeatures]`.
    #[wasm_bindgen(js_name = rowsOf)]
    pub fn rows_of(&self, ids: &[u32]) -> Vec<f32> {
        self.project.borrow().rows_of(ids)
    }

    /// The images that are most like one of them, the nearest first: `{id, similarity}[]`, undefined where it is not there.
    ///
    /// # Errors
    /// Never in practice: all are numbers.
    #[wasm_bindgen(js_name = neighboursOf)]
    pub fn neighbours_of(&self, id: u32, count: usize) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow().neighbours_of(id, count))
    }

    /// The images that a row is most like, in the same form: of those that the head learned from, where there is one.
    ///
    /// # Errors
    /// Never in practice: all are numbers.
    #[wasm_bindgen(js_name = neighboursOfRow)]
    pub fn neighbours_of_row(&self, row: &[f32], count: usize) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow().neighbours_of_row(row, count))
    }

    /// Where the answer to a picture comes from, for each of the `most` most probable classes and for `label`, best first:
    /// `{height, width, maps: {label, probability, values: number[]}[]}`. `feature_map` is what `featureMap` of the
    /// pool gave.
    ///
    /// # Errors
    /// `no-model` before the first training, `unknown-backbone` before [`Engine::set_backbone`].
    #[wasm_bindgen(js_name = heatMaps)]
    pub fn heat_maps(&self, feature_map: &[f32], most: usize, label: Option<String>) -> Result<JsValue, JsValue> {
        let project = self.project.borrow();
        let head = project.classifying_head().map_err(js_error)?;
        let plan = (self.spec()?.plan)();
        let shape = plan.shape(plan.feature_map().unwrap_or_default());
        let probabilities = head.predict_probabilities(pooled(feature_map, shape.channels));
        let mut order: Vec<usize> = (0..head.labels.len()).collect();
        order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
        let wanted = |(rank, class): &(usize, usize)| *rank < most || Some(&head.labels[*class]) == label.as_ref();
        let map = |(_, class): (usize, usize)| HeatMap {
            label: &head.labels[class],
            probability: probabilities[class],
            values: head.heat_map(feature_map, class),
        };
        let maps = order.into_iter().enumerate().filter(wanted).map(map).collect();
        to_js(&HeatMaps { height: shape.height, width: shape.width, maps })
    }
}

/// Feature rows by themselves, in a worker that draws maps of them.
#[wasm_bindgen]
pub struct Cloud {
    directions: Directions,
    plane: crate::plane::Plane,
}

#[wasm_bindgen]
impl Cloud {
    /// `rows: Float32Array [n, numFeatures]`. Finds their plane at once.
    #[wasm_bindgen(constructor)]
    pub fn new(rows: Vec<f32>, num_features: usize) -> Self {
        let plane = principal_plane(rows.clone(), num_features);
        Self { directions: Directions::new(rows, num_features), plane }
    }

    /// The rows on their first two principal components: `{points: [x, y][], explained: [first, second]}`.
    ///
    /// # Errors
    /// Never in practice: all are numbers.
    pub fn plane(&self) -> Result<JsValue, JsValue> {
        to_js(&self.plane)
    }

    /// The `count` most similar others of each row `first..first + rows`: `[number, cosine][][]`, the nearest first.
    ///
    /// # Errors
    /// Never in practice: all are numbers.
    pub fn nearest(&self, first: usize, rows: usize, count: usize) -> Result<JsValue, JsValue> {
        to_js(&self.directions.nearest(first, rows, count))
    }
}
