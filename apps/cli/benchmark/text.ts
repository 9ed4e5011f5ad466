import { alignRows, formatBytes, formatCount } from '../table.js';
import type { BenchmarkResult } from './measure.js';
import type { OperatorProfile } from './operator-profile.js';

/** A benchmark's result as lines for people. */
export function benchmarkText(result: BenchmarkResult): readonly string[] {
  const { batch, threads, operators } = result;
  const times = [
    ['load', result.loadMs],
    ['first run', result.warmUpMs],
    ['min', result.minMs],
    ['median', result.medianMs],
    ['p90', result.p90Ms],
    ['max', result.maxMs],
  ] as const;
  const rates = [
    ['multiply-adds', formatCount(result.multiplyAdds), ''],
    ['rate', result.gflops.toFixed(1), 'GFLOP/s'],
    ['dense 3x3 convolution', result.denseConvolutionGflops.toFixed(1), 'GFLOP/s'],
    ['share of dense', (result.shareOfDense * 100).toFixed(0), '%'],
    ['peak memory', formatBytes(result.peakMemoryBytes), ''],
    ['  before loading', formatBytes(result.startMemoryBytes), ''],
  ] as const;
  const perBatch = batch === 1 ? '' : `, batch ${batch}`;
  const cores = threads === 0 ? "ONNX Runtime's choice of threads" : `threads: ${threads}`;
  return [
    `${result.model}: ${result.inputSize}${perBatch}, ${result.device}, ${cores}, ${result.runs} runs`,
    ...alignRows(
      [...times.map(([name, ms]) => [name, ms.toFixed(2), 'ms']), ...rates],
      ['left', 'right', 'left'],
    ),
    ...(operators === undefined ? [] : profileText(operators)),
  ];
}

function profileText({ byType, byNode }: OperatorProfile): readonly string[] {
  const shareOf = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const types = byType.map(({ operator, nodes, ms, share }) => [
    operator,
    `${nodes}`,
    ms.toFixed(3),
    shareOf(share),
  ]);
  const nodes = byNode.map(({ node, operator, ms, share }) => [
    shortened(node),
    operator,
    ms.toFixed(3),
    shareOf(share),
  ]);
  return [
    '',
    ...alignRows(
      [['operator', 'nodes', 'ms', 'share'], ...types],
      ['left', 'right', 'right', 'right'],
    ),
    '',
    ...alignRows(
      [['costliest nodes', 'operator', 'ms', 'share'], ...nodes],
      ['left', 'left', 'right', 'right'],
    ),
  ];
}

const longestName = 60;

/** Names can be paths of scopes; their end tells nodes apart. */
function shortened(name: string): string {
  return name.length <= longestName ? name : `…${name.slice(1 - longestName)}`;
}
