#!/usr/bin/env python3
"""Writes families.safetensors beside this file: what torchvision, timm and Keras make of two pictures with weights that
any language can draw again (README.md says how). With --files, also writes the weights as those libraries save them.

    python3 tests/golden/families.py [--files DIR]

Made with Python 3.11.7, NumPy 2.4.6, PyTorch 2.15.0 on the CPU, torchvision 0.29.2, timm 1.0.31, Keras 3.15.1 on PyTorch.
    pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 keras==3.15.1 h5py==3.16.0 safetensors==0.8.0 numpy==2.4.6
"""
import argparse
import hashlib
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
import timm
import torch
import torchvision

from export import batch_norms_train, random_bytes, write_safetensors

APPLICATIONS = {
    "mobilenetv2-0.35": lambda **o: keras.applications.MobileNetV2(alpha=0.35, **o),
    "mobilenetv2-1.0": lambda **o: keras.applications.MobileNetV2(alpha=1.0, **o),
    "resnet50-keras": keras.applications.ResNet50,
    "vgg16-keras": keras.applications.VGG16,
    "vgg19-keras": keras.applications.VGG19,
}
PYTORCH = {
    "resnet50": torchvision.models.resnet50,
    "vgg16": torchvision.models.vgg16,
    "vgg19": torchvision.models.vgg19,
    "efficientnet-lite1": lambda: timm.create_model("tf_efficientnet_lite1"),
    "efficientnet-lite2": lambda: timm.create_model("tf_efficientnet_lite2"),
}
SIZES = {"efficientnet-lite1": 240, "efficientnet-lite2": 260}
IMAGENET = (np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255)


# ---- pictures and weights: integer arithmetic alone, described in README.md


def noise(size):
    return random_bytes(size * size * 3, 1).reshape(size, size, 3)


def shapes(size):
    y, x = np.mgrid[:size, :size]
    picture = np.where(((x // 16 + y // 16) % 2 == 0)[..., None], [230, 225, 210], [40, 60, 90])
    picture = np.where(((x - 90) ** 2 + (y - 100) ** 2 < 60**2)[..., None], [200, 50, 40], picture)
    picture = np.where(((x >= 120) & (x < 200) & (y >= 130) & (y < 190))[..., None], [30, 160, 80], picture)
    return picture.astype(np.uint8)


def uniform(name, count):
    """f32 [count] in -1…1."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    h = (np.arange(count, dtype=np.uint64) * 2654435769 + seed) % 2**32
    h = (h ^ (h >> 16)) * 2246822507 % 2**32
    h = (h ^ (h >> 13)) * 3266489909 % 2**32
    h ^= h >> 16
    return ((h >> 8).astype(np.float32) / np.float32(2**23) - 1).astype(np.float32)


def drawn(name, shape):
    """The weight `name` of a plan, in PyTorch's layout."""
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    part = name.rsplit(".", 1)[1]
    f = np.float32
    if len(shape) > 1:
        return u * f(np.sqrt(6 / np.prod(shape[1:])))
    if part == "running_var":
        return f(1) + f(0.5) * u
    if part == "weight":
        return f(1) + f(0.25) * u
    return f(0.125) * u


# ---- the references


def pytorch(name):
    model = PYTORCH[name]()
    state = model.state_dict()
    for key, value in state.items():
        if not key.startswith(("fc.", "classifier.")) and not key.endswith("num_batches_tracked"):
            state[key] = torch.from_numpy(drawn(key, tuple(value.shape)))
    model.load_state_dict(state)
    return model.eval()


def pytorch_features(name, model, pixels, training):
    mean, std = (127.5, 127.5) if name.startswith("efficientnet") else IMAGENET
    x = torch.from_numpy((pixels - mean) / std).permute(0, 3, 1, 2).contiguous()
    batch_norms_train(model, training)
    if name == "resnet50":
        model.fc = torch.nn.Identity()
        run = model
    elif name.startswith("vgg"):
        run = lambda x: model.features(x).mean((2, 3))
    else:
        run = lambda x: model.forward_features(x).mean((2, 3))
    with torch.inference_mode():
        return run(x).numpy()


PARTS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var", "bias": "bias"}


def keras_model(name):
    model = APPLICATIONS[name](include_top=False, pooling="avg", weights=None, input_shape=(224, 224, 3))
    first = True
    for layer in model.layers:
        for variable in layer.variables:
            part, shape = variable.path.rsplit("/", 1)[1], tuple(variable.shape)
            if isinstance(layer, keras.layers.DepthwiseConv2D):
                value = drawn(f"{layer.name}.weight", (shape[2], 1, shape[0], shape[1])).transpose(2, 3, 0, 1)
            elif part == "kernel":
                value = drawn(f"{layer.name}.weight", (shape[3], shape[2], shape[0], shape[1])).transpose(2, 3, 1, 0)
                if first and not name.startswith("mobilenet"):
                    value = value[:, :, ::-1]  # drawn red first, and Keras reads blue first
                first = False
            else:
                value = drawn(f"{layer.name}.{PARTS[part]}", shape)
            variable.assign(np.ascontiguousarray(value))
    return model


def keras_features(name, model, pixels, training):
    module = {"m": keras.applications.mobilenet_v2, "r": keras.applications.resnet50, "v": keras.applications.vgg16}[name[0]]
    x = module.preprocess_input(pixels.astype(np.float64))
    with torch.inference_mode():
        return keras.ops.convert_to_numpy(model(x, training=training))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", metavar="DIR", type=Path)
    options = parser.parse_args()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    tensors = {}
    for name in [*APPLICATIONS, *PYTORCH]:
        size = SIZES.get(name, 224)
        pixels = np.stack([noise(size), shapes(size)])
        model = keras_model(name) if name in APPLICATIONS else pytorch(name).double()
        run = keras_features if name in APPLICATIONS else pytorch_features
        stored = np.concatenate([run(name, model, pixels[i : i + 1].astype(np.float64), False) for i in range(2)])
        batch = run(name, model, pixels.astype(np.float64), True)
        tensors[f"{name}.features"] = stored
        if not name.startswith("vgg"):
            tensors[f"{name}.features_batch"] = batch
        print(f"{name}: {stored.shape}, max {stored.max():.4f}, mean {stored.mean():.4f}, zeros {(stored == 0).mean():.2f}; the pictures differ by up to {np.abs(stored[0] - stored[1]).max():.4f}; in batch mode they move by up to {np.abs(stored - batch).max():.4f}", flush=True)
    path = Path(__file__).with_name("families.safetensors")
    write_safetensors(path, tensors, {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0], "timm": timm.__version__, "keras": keras.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    if options.files:
        write_files(options.files)


def write_files(folder):
    """The same weights as each library saves them."""
    from safetensors.torch import save_file

    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ["resnet50", "vgg16", "efficientnet-lite1"]:
        state = pytorch(name).state_dict()
        if name == "vgg16":
            state = {key: value for key, value in state.items() if not key.startswith("classifier.")}
            torch.save(state, folder / f"{name}-legacy.pth", _use_new_zipfile_serialization=False)
        torch.save(state, folder / f"{name}.pth")
        save_file(state, folder / f"{name}.safetensors")
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value.half() for key, value in pytorch("efficientnet-lite1").state_dict().items()}}, folder / "checkpoint.pth")
    for name in ["mobilenetv2-0.35", "resnet50-keras"]:
        model = keras_model(name)
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
        model.save_weights(folder / f"{name}.weights.h5")
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")


if __name__ == "__main__":
    main()
