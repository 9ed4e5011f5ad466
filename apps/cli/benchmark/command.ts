import { Command } from 'commander';
import type { Arithmetic } from '../../../src/convert/tflite/tflite-to-graph.js';
import type { Size } from '../../../src/image/index.js';
import type { Device } from '../../../src/runtime/index.js';
import type { ExitCode } from '../exit-code.js';
import { interruptible } from '../interrupt.js';
import {
  arithmeticOption,
  deviceOption,
  modelKinds,
  outputStrideOption,
  sizeOption,
  wholeNumber,
} from '../option-values.js';

interface BenchmarkFlags {
  readonly size?: Size;
  readonly outputStride?: number;
  readonly batch: number;
  readonly runs?: number;
  readonly threads?: number;
  readonly device: Device;
  readonly arithmetic?: Arithmetic;
  readonly train?: string;
  readonly profile?: boolean;
  readonly json?: boolean;
}

/** `atrous benchmark`. */
export function benchmarkCommand(end: (code: ExitCode) => void): Command {
  return new Command('benchmark')
    .description("Measure a segmentation model's network, or a training step, on random pixels.")
    .argument('[model]', modelKinds)
    .option(
      '--train <network>',
      'measure a whole training step instead, of a network by name: mobilenetv2, deeplabv3plus-xception65-os16, … ("atrous models list --architectures")',
    )
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .option('--batch <n>', 'pictures in one run', wholeNumber(1, 1024), 1)
    .option(
      '--runs <n>',
      'runs to measure (default: 50, or fewer that fit into 10 s)',
      wholeNumber(1, 1_000_000),
    )
    .option('--threads <n>', 'threads of the network (default: all cores)', wholeNumber(1, 1024))
    .addOption(deviceOption())
    .addOption(arithmeticOption())
    .option('--profile', 'list the costliest operators')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .action(async (model: string | undefined, flags: BenchmarkFlags, command: Command) => {
      const { size, outputStride, runs, threads, arithmetic } = flags;
      if (flags.train !== undefined) return end(await runTraining(flags.train, flags));
      if (model === undefined) return command.error('name a model, or a network with --train');
      const { measure } = await import('./measure.js');
      const { benchmarkText } = await import('./text.js');
      const settings = {
        model,
        batch: flags.batch,
        device: flags.device,
        profileOperators: flags.profile === true,
        ...(size === undefined ? {} : { size }),
        ...(outputStride === undefined ? {} : { outputStride }),
        ...(runs === undefined ? {} : { runs }),
        ...(threads === undefined ? {} : { threads }),
        ...(arithmetic === undefined ? {} : { arithmetic }),
      };
      const result = await interruptible((stop) => measure(settings, stop));
      const lines =
        flags.json === true ? [JSON.stringify(result, undefined, 2)] : benchmarkText(result);
      process.stdout.write(`${lines.join('\n')}\n`);
      end(0);
    });
}

async function runTraining(network: string, flags: BenchmarkFlags): Promise<ExitCode> {
  const { measureTraining, trainingText } = await import('./training.js');
  const { size = { width: 257, height: 257 }, runs = 20, threads = 0, device, batch } = flags;
  const result = await measureTraining({ network, batch, ...size, runs, threads, device });
  const lines = flags.json === true ? [JSON.stringify(result, undefined, 2)] : trainingText(result);
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

const help = `
What runs is the graph that "atrous segment" runs: normalisation at its start, the final resize and
argmax left out. The rate counts 2 FLOPs a multiply-add, over the median. A dense 3x3 convolution
(256 to 256 channels, 33x33), about the best rate that the machine reaches, is measured in between.

Examples:
  atrous benchmark voc
  atrous benchmark deeplabv3.tflite --threads 1 --profile
  atrous benchmark --train mobilenetv2 --batch 4 --size 257
  atrous benchmark quantised.tflite --arithmetic real --json | jq .medianMs`;
