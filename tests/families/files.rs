//! Files of weights as Keras, PyTorch and timm write them.

use headstart::backbone::import::{File, Imported, Tensors, import, open_tensors};
use headstart::backbone::plan::{Parameter, Plan};
use headstart::backbone::spec::{BackboneSpec, sha256_hex};
use headstart::backbone::weights::Weight;

use crate::reference::drawn::drawn;
use crate::reference::read;

/// The plan's weights as Keras writes them: other names, `[height, width, in, out]`, blue first; in files of Keras 3
/// numbered.
pub fn as_keras_writes(plan: &Plan, numbered: bool) -> Tensors {
    let drawn = drawn(plan);
    let mut tensors = Tensors::new();
    for Parameter { name, .. } in plan.parameters() {
        let (layer, part) = name.rsplit_once('.').unwrap();
        let is_norm = drawn.contains_key(&format!("{layer}.running_mean"));
        let (word, number) = match part {
            "weight" if is_norm => ("gamma", 0),
            "weight" => ("kernel", 0),
            "bias" if is_norm => ("beta", 1),
            "bias" => ("bias", 1),
            "running_mean" => ("moving_mean", 2),
            _ => ("moving_variance", 3),
        };
        let weight = hwio(&drawn[&name], tensors.is_empty());
        let leaf = if numbered { format!("{number}") } else { format!("{layer}/{word}:0") };
        tensors.push((format!("{layer}/{leaf}"), weight.into()));
    }
    let classifier = Weight { shape: vec![plan.num_features(), 1001], values: vec![0.5; plan.num_features() * 1001] };
    tensors.push(("predictions/0".into(), classifier.into()));
    tensors.push(("predictions/1".into(), Weight { shape: vec![1001], values: vec![0.5; 1001] }.into()));
    tensors
}

fn hwio(weight: &Weight, blue_first: bool) -> Weight {
    let &[c_out, c_in, h, w] = weight.shape.as_slice() else { return weight.clone() };
    let channel = |i: usize| if blue_first { c_in - 1 - i } else { i };
    let at = |tap: usize, i: usize, o: usize| weight.values[(o * c_in + channel(i)) * h * w + tap];
    let all = (0..h * w).flat_map(|tap| (0..c_in).flat_map(move |i| (0..c_out).map(move |o| (tap, i, o))));
    let values = all.map(|(tap, i, o)| at(tap, i, o)).collect();
    Weight { shape: vec![h, w, c_in, c_out], values }
}

#[test]
fn what_keras_saves_is_recognised() {
    for name in ["resnet50-keras", "vgg16-keras"] {
        let plan = (BackboneSpec::named(name).unwrap().plan)();
        for numbered in [false, true] {
            let tensors = as_keras_writes(&plan, numbered);
            let Imported { spec, weights } =
                open_tensors("w.h5", tensors, &b"content".to_vec()).unwrap().read().unwrap();
            assert_eq!((spec.name, &*spec.sha256, spec.bytes), (name, sha256_hex(b"content").as_str(), 7));
            assert!(weights == drawn(&plan), "{name}");
        }
    }
}

/// What `families.py --files` wrote; the folder is HEADSTART_FAMILIES. `None` is said aloud.
pub fn saved(name: &str) -> Option<File> {
    let Some(folder) = std::env::var_os("HEADSTART_FAMILIES") else {
        println!("skipped: HEADSTART_FAMILIES is not set");
        return None;
    };
    Some(File { name: name.into(), bytes: read(std::path::PathBuf::from(folder).join(name)) })
}

#[test]
fn what_pytorch_and_timm_save_is_recognised() {
    for (file, network) in [
        ("efficientnet-lite1.pth", "efficientnet-lite1"),
        ("efficientnet-lite1.safetensors", "efficientnet-lite1"),
        ("resnet50.pth", "resnet50"),
        ("resnet50.safetensors", "resnet50"),
        ("vgg16.pth", "vgg16"),
        ("vgg16-legacy.pth", "vgg16"),
    ] {
        let Some(file) = saved(file) else { return };
        let Imported { spec, weights } = import(vec![File { name: "weights".into(), ..file }]).unwrap();
        assert_eq!(spec.name, network);
        assert!(weights == drawn(&(spec.plan)()), "{network}");
    }
}

#[test]
fn a_checkpoint_of_halves_is_read_too() {
    let Some(file) = saved("checkpoint.pth") else { return };
    let Imported { spec, weights } = import(vec![file]).unwrap();
    let drawn = drawn(&(spec.plan)());
    let near = |(name, weight): (&String, &Weight)| {
        let pairs = weight.values.iter().zip(&drawn[name].values);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(weights.iter().map(near).fold(0.0, f32::max) < 1e-3);
}

#[test]
fn what_is_wrong_with_a_pth_is_said_and_nothing_is_run() {
    let message =
        |bytes: &[u8]| import(vec![File { name: "w.pth".into(), bytes: bytes.into() }]).unwrap_err().to_string();
    // Python: `pickle.dumps` of an object whose `__reduce__` gives `(os.system, ("…",))`, behind PyTorch's older head.
    let mut code = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    code.extend(
        b"\x80\x02M\xe9\x03.\x80\x02}q\x00.\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.",
    );
    assert!(message(&code).contains("holds code (posix.system), and code is never run"), "{}", message(&code));
    assert!(message(&code[..30]).contains("cut off"), "{}", message(&code[..30]));
    assert!(message(b"PK\x03\x04 and no more").contains("cut off"));
    assert!(message(b"\x00\x01\x02").contains("no kind that can be read"));
    assert_eq!(import(vec![File { name: "w.pth".into(), bytes: vec![] }]).unwrap_err().code(), "empty-file");
    for name in ["efficientnet-lite1.pth", "vgg16-legacy.pth", "efficientnet-lite1.safetensors"] {
        let Some(file) = saved(name) else { return };
        let half = message(&file.bytes[..file.bytes.len() / 2]);
        assert!(half.contains("cut off") || half.contains("not whole"), "{name}: {half}");
    }
}
