// The frozen network: the built-in one, or one whose weights the person brings.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { useBackbone } from "./session.js";
import { fill } from "./words.js";

const text = words.backbone;

/** A file that holds weights, by its name; what it is, the file says itself. @param {File} file */
export const isWeights = (file) => /\.(pth|pt|safetensors|keras|h5)$|^(model\.json|.*\.bin)$/i.test(file.name);

/** Where the publishers keep them, and under which licence. As in docs/weights.md. */
const SOURCES = [
  { name: "ResNet-50, torchvision", url: "https://download.pytorch.org/models/resnet50-0676ba61.pth", licence: "BSD-3-Clause" },
  { name: "VGG-16, torchvision", url: "https://download.pytorch.org/models/vgg16-397923af.pth", licence: "BSD-3-Clause" },
  { name: "VGG-19, torchvision", url: "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", licence: "BSD-3-Clause" },
  { name: "EfficientNet-Lite1, timm", url: "https://huggingface.co/timm/tf_efficientnet_lite1.in1k", licence: "Apache-2.0" },
  { name: text.teachableMachine, url: "https://teachablemachine.withgoogle.com", licence: "Apache-2.0" },
  { name: text.keras, url: "https://keras.io/api/applications/", licence: "MIT; VGG CC BY 4.0; MobileNetV2 Apache-2.0" },
];

const input = element("input", { type: "file", multiple: true, className: "visually-hidden", accept: ".pth,.pt,.safetensors,.keras,.h5,.json,.bin" });
const reset = element("button", { type: "button", className: "button small", hidden: true }, text.reset);

export function wireBackbone() {
  input.dataset.testid = "weights-files";
  reset.dataset.testid = "weights-reset";
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    void useBackbone(files);
  });
  reset.addEventListener("click", () => void useBackbone());
  const rows = SOURCES.map(({ name, url, licence }) => element("li", {}, element("a", { href: url, rel: "noopener" }, name), fill(text.licence, { licence })));
  byId("brought", HTMLElement).append(
    element("p", { className: "hint" }, text.text),
    element("div", { className: "actions" }, element("label", { className: "button small" }, input, text.choose), reset),
    element("p", { className: "hint" }, text.published),
    element("ul", { className: "sources" }, ...rows),
  );
}

/** @param {import("./state.js").State} state */
export function drawBackbone({ facts, job, gathering }) {
  setText(byId("backbone-name", HTMLElement), facts?.backbone ?? "");
  input.disabled = reset.disabled = facts === null || job !== null || gathering !== null;
  reset.hidden = !facts || facts.backbone === "efficientnet-lite0";
}
