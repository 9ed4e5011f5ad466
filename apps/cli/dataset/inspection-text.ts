import type { Inspection } from '../../../src/data/index.js';
import type { ListedSource } from '../../../src/data/node/index.js';
import { alignRows, counted, formatCount } from '../table.js';

/** Lines of a kind that are printed at most; the rest is counted. */
const shownProblems = 20;

/** An inspection as lines for people. */
export function inspectionText(inspection: Inspection, source: ListedSource): readonly string[] {
  return [
    `${inspection.name}: ${source.description}`,
    '',
    sizesLine(inspection),
    ...(inspection.labelled ? ['', ...classTable(inspection)] : []),
    '',
    ...problemLines(inspection),
  ];
}

function sizesLine({ imageSizes }: Inspection): string {
  const [first] = imageSizes;
  if (first === undefined) return 'sizes: no image could be read';
  const common = imageSizes
    .slice(0, 3)
    .map(({ width, height, images }) => `${width}x${height} (${images})`);
  if (imageSizes.length <= 3) return `sizes: ${common.join(', ')}`;
  const range = (side: 'width' | 'height'): string => {
    const sides = imageSizes.map((size) => size[side]);
    return `${Math.min(...sides)} to ${Math.max(...sides)}`;
  };
  return `sizes: ${imageSizes.length}, widths ${range('width')}, heights ${range('height')}; most frequent ${common.join(', ')}`;
}

/** From this number of classes on, those that do not occur are left out. */
const longestTable = 40;

function classTable({ histogram }: Inspection): readonly string[] {
  const total = Math.max(1, histogram.pixels);
  const row = (value: number, label: string, pixels: number, images: string): string[] => [
    `${value}`,
    label,
    formatCount(pixels),
    `${((100 * pixels) / total).toFixed(2)} %`,
    images,
  ];
  const { classes, ignored, ignoreValue, unknown } = histogram;
  const present = classes.filter(({ pixels }) => pixels > 0).length;
  const shortened = classes.length > longestTable && present < classes.length;
  const rows = classes.flatMap(({ label, pixels, samples }, value) =>
    shortened && pixels === 0
      ? []
      : [row(value, value === ignoreValue ? `${label} (ignored)` : label, pixels, `${samples}`)],
  );
  if (ignoreValue >= classes.length) rows.push(row(ignoreValue, '(ignored)', ignored, ''));
  for (const { value, pixels, samples } of unknown) {
    rows.push(row(value, '(no class)', pixels, `${samples}`));
  }
  const lines = alignRows(
    [['value', 'class', 'pixels', 'share', 'images'], ...rows],
    ['right', 'left', 'right', 'right', 'right'],
  );
  return shortened ? [...lines, `${classes.length - present} classes do not occur`] : lines;
}

function problemLines({ unreadable, mismatches, histogram }: Inspection): readonly string[] {
  const lines = [
    ...listed(
      'file that cannot be read',
      'files that cannot be read',
      unreadable.map(({ problem }) => problem),
    ),
    ...listed(
      "label whose size is not its image's",
      "labels whose sizes are not their images'",
      mismatches.map(
        ({ id, image, label }) =>
          `"${id}": image ${image.width}x${image.height}, label ${label.width}x${label.height}`,
      ),
    ),
    ...listed(
      'value that is no class',
      'values that are no class',
      histogram.unknown.map(
        ({ value, pixels, samples, firstId, firstX, firstY }) =>
          `${value}: ${counted(pixels, 'pixel')} in ${counted(samples, 'label')}, ` +
          `first in "${firstId}" at x ${firstX}, y ${firstY}`,
      ),
    ),
  ];
  return lines.length === 0 ? ['nothing wrong'] : lines;
}

function listed(one: string, many: string, problems: readonly string[]): readonly string[] {
  if (problems.length === 0) return [];
  const shown = problems.slice(0, shownProblems).map((problem) => `  ${problem}`);
  const more = problems.length - shown.length;
  return [
    `${problems.length} ${problems.length === 1 ? one : many}:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
