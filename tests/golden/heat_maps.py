#!/usr/bin/env python3
"""Writes heat_maps.json beside this file: what PyTorch says each position of a network's last feature map adds to a logit.

    python3 tests/golden/heat_maps.py

The networks have the weights of families.py, the picture is `shapes`, and the heads' numbers are drawn as its weights are. Each
logit is derived by autograd with respect to the feature map itself (Grad-CAM's weights; for a linear head those of CAM).
Made with Python 3.11.7, NumPy 2.4.6, PyTorch 2.15.0 on the CPU, torchvision 0.29.2, timm 1.0.31, in float64.
"""
import json
from pathlib import Path

import numpy as np
import torch

from families import IMAGENET, SIZES, pytorch, shapes, uniform

CLASSES, HIDDEN = 3, 16


def feature_map(name):
    """f64 [1, channels, height, width]"""
    mean, std = (127.5, 127.5) if name.startswith("efficientnet") else IMAGENET
    pixels = shapes(SIZES.get(name, 224))[None].astype(np.float64)
    x = torch.from_numpy((pixels - mean) / std).permute(0, 3, 1, 2).contiguous()
    model = pytorch(name).double()
    with torch.no_grad():
        if name == "resnet50":
            x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
            return model.layer4(model.layer3(model.layer2(model.layer1(x))))
        return model.features(x) if name.startswith("vgg") else model.forward_features(x)


def drawn(name, *shape):
    return torch.from_numpy(uniform(name, int(np.prod(shape))).astype(np.float64).reshape(shape))


def layers(kind, width):
    """Weight [in, out] and bias [out] of each dense layer."""
    sizes = [width, CLASSES] if kind == "linear" else [width, HIDDEN, HIDDEN, CLASSES]
    return [(drawn(f"{kind}.{i}.weight", *pair), drawn(f"{kind}.{i}.bias", pair[1])) for i, pair in enumerate(zip(sizes, sizes[1:]))]


def heat_maps(kind, maps):
    maps = maps.clone().requires_grad_()
    width, positions = maps.shape[1], maps.shape[2] * maps.shape[3]
    mean, std = drawn("mean", width), 1 + drawn("std", width) / 2
    x = (maps.mean((2, 3))[0] - mean) / std
    dense = layers(kind, width)
    for i, (weight, bias) in enumerate(dense):
        x = x @ weight + bias
        x = torch.relu(x) if i + 1 < len(dense) else x
    out = []
    for logit in x:
        (gradient,) = torch.autograd.grad(logit, maps, retain_graph=True)
        # The gradient of the mean is a share of each position's; what a position adds is taken against the mean row.
        out.append((gradient * positions * (maps - mean[None, :, None, None])).sum(1)[0].detach().flatten().tolist())
    return {"logits": x.tolist(), "maps": out}


def main():
    golden = {}
    for name in ["efficientnet-lite1", "resnet50", "vgg16"]:
        maps = feature_map(name)
        golden[name] = {"shape": list(maps.shape[2:]), **{kind: heat_maps(kind, maps) for kind in ["linear", "mlp"]}}
        print(name, tuple(maps.shape), {kind: np.round(golden[name][kind]["logits"], 3).tolist() for kind in ["linear", "mlp"]}, flush=True)
    rounded = json.loads(json.dumps(golden), parse_float=lambda text: float(f"{float(text):.7g}"))
    Path(__file__).with_name("heat_maps.json").write_text(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
