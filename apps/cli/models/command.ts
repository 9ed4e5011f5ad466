import { Command } from 'commander';
import type { ExitCode } from '../exit-code.js';
import { modelKinds, outputStrideOption, sizeOption } from '../option-values.js';
import type { ShowOptions } from './show.js';

/** `atrous models`. */
export function modelsCommand(end: (code: ExitCode) => void): Command {
  const print = (lines: readonly string[]): void => {
    process.stdout.write(`${lines.join('\n')}\n`);
    end(0);
  };
  const show = new Command('show')
    .description('Show what is in a segmentation model.')
    .argument('<file>', modelKinds)
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .option('--json', 'print a JSON object')
    .addHelpText('after', showHelp)
    .action(async (file: string, options: ShowOptions & { readonly json?: boolean }) => {
      const { describeModel, modelText } = await import('./show.js');
      const description = await describeModel(file, options);
      print(
        options.json === true
          ? [JSON.stringify(description, undefined, 2)]
          : modelText(description),
      );
    });
  const list = new Command('list')
    .description('List the released model files whose class names are known.')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { listModels, listText } = await import('./list.js');
      const models = listModels();
      print(json === true ? [JSON.stringify(models, undefined, 2)] : listText(models));
    });
  return new Command('models')
    .description('Look at segmentation models.')
    .addCommand(show)
    .addCommand(list);
}

const showHelp = `
Parameters, multiply-adds and operators are those of the graph that runs: normalisation at its
start, without the final resize and argmax, which atrous does exactly from the low-resolution scores.

Examples:
  atrous models show best.safetensors --output-stride 8
  atrous models show deeplab.onnx --size 769x769 --json | jq .multiplyAdds`;
