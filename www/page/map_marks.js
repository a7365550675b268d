// How classes look on the map: a colour and a shape, so that neither is needed alone. Eight of each; where there are more
// classes, the colours go round and meet other shapes.

import { colour } from "./elements.js";

const COLOURS = 8;

/** By corners: distance and direction in turns, from the top. @param {number} count @param {(corner: number) => number} distance @param {number} turn */
const corners = (count, distance, turn = 0) => Array.from({ length: count }, (_, at) => ({ distance: distance(at), turn: at / count + turn }));

/** A plus: twelve corners. @param {number} turn */
const plus = (turn) => [0, 1, 2, 3].flatMap((arm) => [[-0.055, 1.25], [0.055, 1.25], [0.125, 0.6]].map(([off, distance]) => ({ distance, turn: arm / 4 + off + turn })));

/** Without corners: a circle. @type {{distance: number, turn: number}[][]} */
const SHAPES = [
  [],
  corners(4, () => 1.2, 1 / 8),
  corners(3, () => 1.4),
  corners(4, () => 1.35),
  plus(0),
  corners(3, () => 1.4, 1 / 2),
  corners(10, (at) => (at % 2 === 0 ? 1.5 : 0.65)),
  plus(1 / 8),
];

/** @typedef {{fill: string, shape: number}} Mark */

/** The look of each class, in their order. @param {Element} target @param {string[]} labels @returns {Map<string, Mark>} */
export function marksOf(target, labels) {
  const fills = Array.from({ length: COLOURS }, (_, at) => colour(target, `--map-${at + 1}`));
  return new Map(labels.map((label, at) => [label, { fill: fills[at % COLOURS], shape: (at + Math.floor(at / COLOURS)) % SHAPES.length }]));
}

/** @param {CanvasRenderingContext2D} context @param {Mark} mark @param {[number, number]} place @param {number} radius */
export function drawMark(context, { fill, shape }, [x, y], radius) {
  context.beginPath();
  const [first, ...rest] = SHAPES[shape].map(({ distance, turn }) => /** @type {[number, number]} */ ([x + radius * distance * Math.sin(2 * Math.PI * turn), y - radius * distance * Math.cos(2 * Math.PI * turn)]));
  if (first) {
    context.moveTo(...first);
    for (const corner of rest) context.lineTo(...corner);
    context.closePath();
  } else {
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fillStyle = fill;
  context.fill();
}
