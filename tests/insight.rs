//! Maps of features and heat maps against NumPy and PyTorch (`tests/golden/plane.py`, `tests/golden/heat_maps.py`), and which
//! images of a project are neighbours.

#[cfg(test)]
mod reference;

use headstart::backbone::spec::BackboneSpec;
use headstart::head::{Classifier, Dense, Head, HeadKind, Standardizer};
use headstart::heat_map::pooled;
use headstart::image::Fit;
use headstart::plane::principal_plane;
use headstart::project::Project;
use headstart::run::cpu::CpuBackbone;
use serde_json::Value;

use crate::reference::drawn::{drawn, noise, shapes, uniform};

fn golden(file: &str) -> Value {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&reference::read(path.into())).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn the_plane_is_that_of_numpy() {
    let golden = golden("plane.json");
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let stream = std::iter::successors(next(&5), next).map(|state| (state >> 8) as f32 / (1 << 23) as f32 - 1.0);
    let number = |(at, x): (usize, f32)| {
        let (row, column) = (at / 40, at % 40);
        let moved = if row % 3 == 0 { [1.0, -0.5].get(column).copied().unwrap_or(0.0) } else { 0.0 };
        x / (1.0 + column as f32 / 4.0) + 3.0 + moved
    };
    let plane = principal_plane(stream.take(60 * 40).enumerate().map(number).collect(), 40);
    for (ours, theirs) in plane.points.iter().zip(golden["points"].as_array().unwrap()) {
        let theirs = numbers(theirs);
        assert!((ours[0] - theirs[0]).abs() < 1e-3 && (ours[1] - theirs[1]).abs() < 1e-3, "{ours:?} {theirs:?}");
    }
    for (ours, theirs) in plane.explained.iter().zip(numbers(&golden["explained"])) {
        assert!((ours - f64::from(theirs)).abs() < 1e-5, "{ours} {theirs}");
    }
}

/// Of the largest number. A position by itself is less exact than the mean of all, by up to the root of their number: 7 or 8.
const OF_POSITIONS: f32 = 5e-4;
const OF_ROWS: f32 = 1e-4;

fn assert_close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(0f32, |most, value| most.max(value.abs()));
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: largest difference {worst:.2e} of {scale:.2}");
    assert!(worst <= tolerance * scale, "{what}: {worst} of {scale}");
}

/// The head of `tests/golden/heat_maps.py`.
fn drawn_head(kind: HeadKind, width: usize) -> Head {
    let (name, sizes): (_, &[usize]) = match kind {
        HeadKind::Linear => ("linear", &[width, 3]),
        HeadKind::Mlp => ("mlp", &[width, 16, 16, 3]),
        HeadKind::Neighbors => unreachable!("it has no layers"),
    };
    let row = |name: &str, count: usize| (0..count).map(|at| uniform(name, at)).collect::<Vec<f32>>();
    let dense = |(i, pair): (usize, &[usize])| Dense {
        weight: row(&format!("{name}.{i}.weight"), pair[0] * pair[1]),
        bias: row(&format!("{name}.{i}.bias"), pair[1]),
    };
    let std = row("std", width).iter().map(|x| 1.0 + x / 2.0).collect();
    Head {
        kind,
        labels: ["a", "b", "c"].map(String::from).into(),
        standardizer: Standardizer { mean: row("mean", width), std },
        classifier: Classifier { layers: sizes.windows(2).enumerate().map(dense).collect() },
        neighbors: None,
        temperature: 1.0,
        statistics: None,
        fit: Fit::Crop,
    }
}

#[test]
fn heat_maps_equal_pytorch() {
    let golden = golden("heat_maps.json");
    for name in ["efficientnet-lite1", "resnet50", "vgg16"] {
        let spec = BackboneSpec::named(name).unwrap();
        let plan = (spec.plan)();
        let shape = plan.shape(plan.feature_map().unwrap());
        assert_eq!(numbers(&golden[name]["shape"]), [shape.height as f32, shape.width as f32], "{name}");
        let mut backbone = CpuBackbone::new(&spec, &plan, &drawn(&plan)).unwrap();
        let map = backbone.forward_feature_map(&shapes(spec.input_size));
        for (kind, key) in [(HeadKind::Linear, "linear"), (HeadKind::Mlp, "mlp")] {
            let (head, theirs) = (drawn_head(kind, spec.num_features), &golden[name][key]);
            let logits = head.forward_head(pooled(&map, spec.num_features));
            assert_close(&format!("{name}, {key}, logits"), &logits, &numbers(&theirs["logits"]), OF_ROWS);
            for class in 0..3 {
                let what = format!("{name}, {key}, class {class}");
                let ours = head.heat_map(&map, class);
                assert_close(&what, &ours, &numbers(&theirs["maps"][class]), OF_POSITIONS);
                if kind == HeadKind::Linear {
                    let mean = ours.iter().sum::<f32>() / ours.len() as f32;
                    let scale = ours.iter().fold(0f32, |most, x| most.max(x.abs()));
                    let bias = head.classifier.layers[0].bias[class];
                    assert!((mean - (logits[class] - bias)).abs() <= 1e-5 * scale, "{what}: {mean} {}", logits[class]);
                }
            }
        }
    }
}

#[test]
fn the_last_feature_map_pooled_is_the_feature_row() {
    let names = ["efficientnet-lite0", "efficientnet-lite2", "mobilenetv2-0.35", "mobilenetv2-1.0", "resnet50-keras"];
    for name in names.into_iter().chain(["vgg19", "vgg16-keras"]) {
        let spec = BackboneSpec::named(name).unwrap();
        let plan = (spec.plan)();
        let mut backbone = CpuBackbone::new(&spec, &plan, &drawn(&plan)).unwrap();
        let picture = noise(spec.input_size);
        let features = backbone.forward_features(&picture);
        let map = backbone.forward_feature_map(&picture);
        assert_eq!(map.len(), plan.shape(plan.feature_map().unwrap()).len(), "{name}");
        assert_close(name, &pooled(&map, spec.num_features), &features, OF_ROWS);
    }
}

#[test]
fn neighbours_are_the_images_that_point_the_same_way() {
    let mut project = Project::default();
    let rows = [[1.0, 0.0, 0.0], [2.0, 0.1, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, -1.0]];
    for (at, row) in rows.iter().enumerate() {
        let label = if at < 2 { "a" } else { "b" };
        project.add_image(&format!("{at}.png"), label, &format!("{at:064}"), None, row.to_vec()).unwrap();
    }
    let ids: Vec<u32> = project.images().iter().map(|image| image.id).collect();
    let found = project.neighbours_of(ids[0], 3).unwrap();
    assert_eq!(found.iter().map(|near| near.id).collect::<Vec<_>>(), [ids[1], ids[3], ids[2]]);
    assert!((found[1].similarity - 0.5f32.sqrt()).abs() < 1e-6);
    assert_eq!(project.neighbours_of(ids[0], 99).unwrap().len(), 4, "never the image itself");
    assert_eq!(project.neighbours_of(99, 3), None);
    let near = project.neighbours_of_row(&[0.0, 0.0, -2.0], 1);
    assert!(near[0].id == ids[4] && (near[0].similarity - 1.0).abs() < 1e-6);
    project.remove_images(&[ids[1]]);
    assert_eq!(project.neighbours_of(ids[0], 1).unwrap()[0].id, ids[3]);
    assert_eq!(project.rows_of(&[ids[4], 77, ids[2]]), [0.0, 0.0, -1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_sample_is_decided_by_the_seed_and_stays_when_others_go() {
    let mut project = Project::default();
    for at in 0..40 {
        project.add_image(&format!("{at}.png"), "a", &format!("{at:064}"), None, vec![at as f32]).unwrap();
    }
    let sample = project.sample(10, 1);
    assert!(sample.len() == 10 && sample.is_sorted());
    assert_eq!(sample, project.sample(10, 1));
    assert_ne!(sample, project.sample(10, 2));
    assert_eq!(project.sample(99, 1).len(), 40);
    let gone: Vec<u32> = project.images().iter().map(|image| image.id).filter(|id| !sample.contains(id)).collect();
    project.remove_images(&gone[..9]);
    assert_eq!(project.sample(10, 1), sample);
}
