// The line of the peers' bench from the JSON that bench/page.mjs prints last: … --json | tail -n 1 | node bench/e2e.mjs ours-cpu
import { text } from "node:stream/consumers";
import { print } from "./frame.mjs";

const run = JSON.parse(await text(process.stdin));
print({
  what: "e2e", who: process.argv[2] ?? "ours-cpu", images: run.images, classes: run.classes.length, epochs: run.epochs.length,
  seconds: run.totalSeconds, feature_seconds: run.featureSeconds, train_seconds: run.trainSeconds, val_acc: run.valAccuracy,
  peak_memory_bytes: run.peakMemoryBytes, date: run.date, cpu: run.cpu, chromium: run.chromium,
});
