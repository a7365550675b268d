// The marks of classes: a colour and one of eight shapes, so that neither is needed alone. class_colours.js says which.

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

/** Shapes there are. */
export const SHAPE_COUNT = SHAPES.length;

/** @typedef {{fill: string, shape: number}} Mark */

/** Room around a shape, so that the widest fits: its radius is this part of the half. */
const RADIUS = 1 / 1.5;

/** A shape as a CSS `clip-path`, of a square element. @param {number} shape */
export function clipOf(shape) {
  const points = SHAPES[shape].map(({ distance, turn }) =>
    [Math.sin(2 * Math.PI * turn), -Math.cos(2 * Math.PI * turn)].map((side) => `${(50 * (1 + RADIUS * distance * side)).toFixed(2)}%`).join(" "));
  return points.length > 0 ? `polygon(${points.join(", ")})` : `circle(${(50 * RADIUS * 1.15).toFixed(2)}%)`;
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
