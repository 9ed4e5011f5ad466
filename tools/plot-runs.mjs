/**
 * Draws training runs side by side: loss and mIoU over steps.
 *
 *     node tools/plot-runs.mjs OUT.svg NAME=RUN_FOLDER...
 *
 * The loss is a mean over 20 steps. Reads the runs' log.jsonl.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const colours = ['#1b6ca8', '#d1495b', '#2e8b57', '#8a5a9e', '#c98a1b', '#444444'];
const panel = { width: 420, height: 260, left: 46, top: 34, gap: 76 };
const smoothing = 20;

const [out, ...named] = process.argv.slice(2);
if (out === undefined || named.length === 0) {
  console.error('Usage: node tools/plot-runs.mjs OUT.svg NAME=RUN_FOLDER...');
  process.exit(2);
}

const runs = named.map((argument, index) => {
  const at = argument.indexOf('=');
  const [name, folder] = [argument.slice(0, at), argument.slice(at + 1)];
  const entries = readFileSync(join(folder, 'log.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return {
    name,
    colour: colours[index % colours.length],
    loss: smoothed(entries.filter(({ loss }) => loss !== undefined)),
    mIoU: entries
      .filter(({ evaluation }) => evaluation !== undefined)
      .map(({ step, evaluation }) => [step, 100 * evaluation.mIoU]),
  };
});

function smoothed(steps) {
  const points = [];
  for (let start = 0; start < steps.length; start += smoothing) {
    const some = steps.slice(start, start + smoothing);
    const mean = some.reduce((sum, { loss }) => sum + loss, 0) / some.length;
    points.push([some.at(-1).step, mean]);
  }
  return points;
}

/** Round numbers that divide a range in about five. */
function ticks(most) {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step);
}

function drawn(index, title, key) {
  const points = runs.flatMap((run) => run[key]);
  const right = Math.max(...points.map(([step]) => step));
  const most = Math.max(...points.map(([, value]) => value)) * 1.05;
  const left = panel.left + index * (panel.width + panel.gap);
  const x = (step) => (left + (panel.width * step) / right).toFixed(1);
  const y = (value) => (panel.top + panel.height * (1 - value / most)).toFixed(1);
  const bottom = panel.top + panel.height;
  const number = (value) => String(Number(value.toPrecision(6)));
  return [
    `<text x="${left}" y="${panel.top - 14}" font-weight="bold">${title}</text>`,
    ...ticks(most).map(
      (value) =>
        `<path d="M${left} ${y(value)}h${panel.width}" stroke="#ddd"/>` +
        `<text x="${left - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${number(value)}</text>`,
    ),
    ...ticks(right).map(
      (step) =>
        `<text x="${x(step)}" y="${bottom + 18}" text-anchor="middle">${number(step)}</text>`,
    ),
    `<text x="${left + panel.width / 2}" y="${bottom + 36}" text-anchor="middle">step</text>`,
    ...runs.flatMap((run) => [
      `<polyline fill="none" stroke="${run.colour}" stroke-width="2" points="${run[key]
        .map(([step, value]) => `${x(step)},${y(value)}`)
        .join(' ')}"/>`,
      ...(key === 'mIoU'
        ? run[key].map(
            ([step, value]) =>
              `<circle cx="${x(step)}" cy="${y(value)}" r="3" fill="${run.colour}"/>`,
          )
        : []),
    ]),
  ];
}

const width = 2 * panel.width + panel.gap + panel.left + 20;
const height = panel.top + panel.height + 50 + 20 * runs.length;
const legend = runs.map(
  ({ name, colour }, index) =>
    `<text x="${panel.left + 24}" y="${height - 20 * (runs.length - index) + 10}">${name}</text>` +
    `<path d="M${panel.left} ${height - 20 * (runs.length - index) + 6}h18" stroke="${colour}" stroke-width="3"/>`,
);
const lines = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" font-family="sans-serif" font-size="12" fill="#222">`,
  '<title>Training loss and validation mIoU over steps</title>',
  `<rect width="${width}" height="${height}" fill="#fff"/>`,
  ...drawn(0, 'training loss', 'loss'),
  ...drawn(1, 'mIoU on the validation split, %', 'mIoU'),
  ...legend,
  '</svg>',
];
writeFileSync(out, `${lines.join('\n')}\n`);
