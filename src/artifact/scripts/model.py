"""The network of this folder as a torch.nn.Module: PyTorch, safetensors.

    from model import load
    model = load()                                  # in eval mode; pixels f32 [n, 3, size, size], normalised as card.json says
    probabilities = model(pixels)                   # in the order of labels.txt
    features = model.backbone(pixels)

The backbone's weights have the names of timm (EfficientNet-Lite) or torchvision (ResNet-50, VGG), so that the same file goes
into theirs: timm.create_model("tf_efficientnet_lite0", num_classes=0).load_state_dict(load_file("backbone.safetensors")).
"""
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent


class Backbone(nn.Module):
    """Runs plan.json, layer by layer."""

    def __init__(self, plan):
        super().__init__()
        self.layers = plan["layers"]
        self.found = {}
        for layer in self.layers:
            made = self.made(layer)
            if made is not None:
                self.found[layer["name"]] = made
                place, *rest = [self, *layer["name"].split(".")]
                for part in rest[:-1]:
                    if not hasattr(place, part):
                        place.add_module(part, nn.Module())
                    place = getattr(place, part)
                place.add_module(rest[-1], made)

    @staticmethod
    def made(layer):
        if layer["kind"] == "conv":
            return nn.Conv2d(*layer["channels"], layer["kernel"], layer["stride"], groups=layer["groups"], bias=layer["bias"])
        if layer["kind"] == "batch_norm":
            return nn.BatchNorm2d(layer["channels"], eps=layer["epsilon"])
        return None

    def forward(self, pixels):
        values = [pixels]
        for layer in self.layers:
            x, kind = values[layer["input"]], layer["kind"]
            if kind == "conv":
                x = self.found[layer["name"]](F.pad(x, layer["padding"]))
            elif kind == "batch_norm":
                x = self.found[layer["name"]](x)
            elif kind == "relu":
                x = F.relu(x)
            elif kind == "relu6":
                x = F.relu6(x)
            elif kind == "add":
                x = x + values[layer["other"]]
            elif kind == "max_pool":
                x = F.max_pool2d(F.pad(x, layer["padding"], value=-torch.inf), layer["kernel"], layer["stride"])
            else:
                x = x.mean((2, 3))
            values.append(x)
        return values[-1]


class Head(nn.Module):
    """Standardises feature rows; dense layers, relu between them."""

    def __init__(self, weights):
        super().__init__()
        self.standardize = nn.Module()
        for name in ("mean", "std"):
            self.standardize.register_buffer(name, torch.zeros_like(weights[f"standardize.{name}"]))
        self.names = [name for name in ("fc1", "fc2", "fc3", "classifier") if f"{name}.weight" in weights]
        for name in self.names:
            self.add_module(name, nn.Linear(*reversed(weights[f"{name}.weight"].shape)))

    def forward(self, features):
        x = (features - self.standardize.mean) / self.standardize.std
        for name in self.names[:-1]:
            x = F.relu(getattr(self, name)(x))
        return self.classifier(x)


class Neighbors(nn.Module):
    """Standardises feature rows; the nearest known rows vote by cosine, and all classes have one vote more in equal parts."""

    def __init__(self, weights, facts):
        super().__init__()
        for place in ("standardize", "neighbors"):
            self.add_module(place, nn.Module())
            for name in [name for name in weights if name.startswith(f"{place}.")]:
                getattr(self, place).register_buffer(name.split(".")[1], torch.zeros_like(weights[name]))
        self.count, self.voting = len(facts["labels"]), facts["neighbors"]

    def forward(self, features):
        x = F.normalize((features - self.standardize.mean) / self.standardize.std, eps=1e-30)
        k = self.voting["n_neighbors"]
        nearest = (x @ self.neighbors.rows.T).topk(k).indices
        votes = F.one_hot(self.neighbors.classes.long()[nearest], self.count).to(x.dtype)
        if self.voting["weights"] == "distance":
            distances = (self.neighbors.rows[nearest] - x[:, None]).square().sum(2, keepdim=True) / 2
            weights = 1 / distances.clamp(min=1e-9)
            votes = votes * weights / weights.mean(1, keepdim=True)
        return torch.log((k * votes.mean(1) + 1 / self.count) / (k + 1))


class Classifier(nn.Module):
    """Normalised pixels to probabilities."""

    def __init__(self, backbone, head, temperature):
        super().__init__()
        self.backbone, self.head, self.temperature = backbone, head, temperature

    def forward_head(self, features):
        return torch.softmax(self.head(features) / self.temperature, dim=1)

    def forward(self, pixels):
        return self.forward_head(self.backbone(pixels))


def load(folder=HERE):
    folder = Path(folder)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    backbone = Backbone(json.loads((folder / "plan.json").read_text("utf-8")))
    backbone.load_state_dict(load_file(folder / "backbone.safetensors"))
    weights = load_file(folder / "head.safetensors")
    head = Neighbors(weights, card["head"]) if "neighbors" in card["head"] else Head(weights)
    # Where it has batch_norm.*, backbone.safetensors has them already.
    head.load_state_dict({name: value for name, value in weights.items() if not name.startswith("batch_norm.")})
    return Classifier(backbone, head, card["head"]["temperature"]).eval()
