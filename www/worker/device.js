// Which device runs, and why, in words for the page. WebGPU is taken only on an adapter that is not emulated in software:
// there the CPU's own kernels are many times faster.

/** @typedef {import("../shared/protocol.js").Device} Device */
/** `key`: tells adapters apart, as far as the browser does.
 * @typedef {{device: Device, adapter: string, reason: string, key?: string}} Choice
 */

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render/i;
/** The adapter's name where the CPU runs. */
const CPU = "WebAssembly";

/** @param {"auto" | Device} wanted @returns {Promise<Choice>} */
export async function chooseDevice(wanted) {
  if (wanted === "cpu") return onCpu("as asked for");
  if (!navigator.gpu) return onCpu("this browser does not offer WebGPU");
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return onCpu("WebGPU finds no graphics adapter here");
  const { vendor, architecture, device, description } = adapter.info;
  const key = [vendor, architecture, device, description].join("/");
  const name = adapterName(adapter.info);
  // CubeCL opens no device in a browser without it.
  if (!adapter.features.has("timestamp-query")) return onCpu(`the graphics adapter here (${name}) offers no timestamp-query`);
  if (wanted === "webgpu") return { device: "webgpu", adapter: name, reason: `WebGPU on ${name}, as asked for.`, key };
  if (isSoftware(adapter.info)) return onCpu(`the only graphics adapter here (${name}) is emulated in software, which is slower`);
  return { device: "webgpu", adapter: name, reason: `WebGPU on ${name}.`, key };
}

/** The CPU, with the reason in words that follow "because". @param {string} because @returns {Choice} */
export function onCpu(because) {
  const reason = because === "as asked for" ? "CPU, as asked for." : `CPU, because ${because}.`;
  return { device: "cpu", adapter: CPU, reason };
}

/** Calls `onLost` when a device of this worker is lost. One that could not be used is given back: then its own failure is told first.
 * wasm owns the device, so the only place to get hold of it is where it is handed out.
 * @param {(reason: string) => void} onLost
 */
export function listenForLoss(onLost) {
  if (!("GPUAdapter" in self)) return;
  const prototype = GPUAdapter.prototype;
  const requestDevice = prototype.requestDevice;
  prototype.requestDevice = async function (...options) {
    const device = await requestDevice.apply(this, options);
    device.lost.then(async ({ reason, message }) => {
      if (reason === "destroyed") await new Promise((resolve) => setTimeout(resolve));
      onLost(message.trim().replace(/\.$/, "") || "no reason given");
    });
    return device;
  };
}

/** @param {GPUAdapterInfo} info */
function isSoftware(info) {
  return info.isFallbackAdapter || SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`);
}

/** @param {GPUAdapterInfo} info */
function adapterName({ description, vendor, architecture }) {
  return description || [vendor, architecture].filter(Boolean).join(" ") || "an unnamed adapter";
}
