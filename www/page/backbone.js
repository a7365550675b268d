// The frozen network: the built-in one, or one whose weights the person brings.

import { byId, element, setText } from "./elements.js";
import { useBackbone } from "./session.js";

/** A file that holds weights, by its name; what it is, the file says itself. @param {File} file */
export const isWeights = (file) => /\.(pth|pt|safetensors|keras|h5)$|^(model\.json|.*\.bin)$/i.test(file.name);

/** Where the publishers keep them, and under which licence. As in docs/weights.md. */
const SOURCES = [
  { name: "ResNet-50, torchvision", url: "https://download.pytorch.org/models/resnet50-0676ba61.pth", licence: "BSD-3-Clause" },
  { name: "VGG-16, torchvision", url: "https://download.pytorch.org/models/vgg16-397923af.pth", licence: "BSD-3-Clause" },
  { name: "VGG-19, torchvision", url: "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", licence: "BSD-3-Clause" },
  { name: "EfficientNet-Lite1, timm", url: "https://huggingface.co/timm/tf_efficientnet_lite1.in1k", licence: "Apache-2.0" },
  { name: "MobileNetV2, a project of Teachable Machine", url: "https://teachablemachine.withgoogle.com", licence: "Apache-2.0" },
  { name: "ResNet50, VGG16, VGG19, MobileNetV2 of Keras", url: "https://keras.io/api/applications/", licence: "MIT; VGG CC BY 4.0; MobileNetV2 Apache-2.0" },
];

const TEXT =
  "The frozen network that looks at the images. You can bring the weights of another one: a torchvision .pth, a .safetensors of timm, a Keras .keras or .h5, or model.json with its shards, as Teachable Machine exports it; with metadata.json its own classifier predicts too. The file says itself what it is, and stays on this device.";

const input = element("input", { type: "file", multiple: true, className: "visually-hidden", accept: ".pth,.pt,.safetensors,.keras,.h5,.json,.bin" });
const reset = element("button", { type: "button", className: "button small", hidden: true }, "Back to the built-in network");

export function wireBackbone() {
  input.dataset.testid = "weights-files";
  reset.dataset.testid = "weights-reset";
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    void useBackbone(files);
  });
  reset.addEventListener("click", () => void useBackbone());
  const rows = SOURCES.map(({ name, url, licence }) => element("li", {}, element("a", { href: url, rel: "noopener" }, name), ` (${licence})`));
  byId("brought", HTMLElement).append(
    element("p", { className: "hint" }, TEXT),
    element("div", { className: "actions" }, element("label", { className: "button small" }, input, "Choose weight files"), reset),
    element("p", { className: "hint" }, "Where they are published, and their licences:"),
    element("ul", { className: "sources" }, ...rows),
  );
}

/** @param {import("./state.js").State} state */
export function drawBackbone({ facts, job, gathering }) {
  setText(byId("backbone-name", HTMLElement), facts?.backbone ?? "");
  input.disabled = reset.disabled = facts === null || job !== null || gathering !== null;
  reset.hidden = !facts || facts.backbone === "efficientnet-lite0";
}
